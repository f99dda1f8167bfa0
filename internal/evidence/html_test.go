package evidence

import "testing"

func TestLook(t *testing.T) {
	for style, hidden := range map[string]bool{
		"display:none":                               true,
		"display : none ! important":                 true,
		"display:none!important":                     true,
		"display:block":                              false,
		"visibility:hidden":                          true,
		"visibility:hidden;visibility:visible":       false,
		"opacity:0":                                  true,
		"opacity:.9":                                 false,
		"font-size:0":                                true,
		"font-size:0.5px":                            true,
		"font-size:12px":                             false,
		"font-size:0.8em":                            false,
		"font-size:0%":                               true,
		"font:0/0 a":                                 true,
		"font:12px/1.5 sans-serif":                   false,
		"color:#fff":                                 true,
		"color:#fefefe":                              true,
		"color:#eee":                                 false,
		"color:#fff;background:#000":                 false,
		"color:#000;background:black":                true,
		"color:white;background:url(x.png)":          false,
		"color:white;background:linear-gradient(x)":  false,
		"color:white;background:rgba(0,0,0,.5)":      false,
		"color:white;background:rgba(0,0,0,0)":       true,
		"color:rgb(255, 255, 255)":                   true,
		"color:rgba(0,0,0,0)":                        true,
		"color:rgb(1 2 3 / 50%)":                     false,
		"color:transparent":                          true,
		"color:var(--x)":                             false,
		"height:0;overflow:hidden":                   true,
		"height:0":                                   false,
		"max-width:0px;overflow:hidden":              true,
		"max-width:0.9em;overflow:hidden":            false,
		"text-indent:-9999px":                        true,
		"text-indent:-20px":                          false,
		"position:absolute;left:-5000px":             true,
		"clip:rect(0,0,0,0)":                         true,
		"mso-hide:all":                               true,
		"nonsense;:;color;color:;font-size:;width:x": false,
	} {
		t.Run(style, func(t *testing.T) {
			l := look{foreground: unknown, background: white}
			if l.style(style); l.hidden() != hidden {
				t.Errorf("hidden = %v, want %v", l.hidden(), hidden)
			}
		})
	}
}
