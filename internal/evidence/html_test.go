package evidence

import (
	"slices"
	"strings"
	"testing"

	"aupd/internal/aup"
)

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
			l := look{foreground: unknown, fill: unset, background: white}
			if l.style(style); l.hidden() != hidden {
				t.Errorf("hidden = %v, want %v", l.hidden(), hidden)
			}
		})
	}
}

// TestSeen looks for the X of a page: seen ("v"), hidden ("h") or left out ("-").
func TestSeen(t *testing.T) {
	for name, tc := range map[string]struct{ page, want string }{
		"clip-path inset":         {`<p style="clip-path:inset(100%)">X</p>`, "h"},
		"clip-path circle":        {`<p style="clip-path: circle(0)">X</p>`, "h"},
		"clip-path polygon":       {`<p style="clip-path: polygon(0 0,0 0,0 0)">X</p>`, "h"},
		"clip rect 1px":           {`<p style="position:absolute;clip:rect(1px,1px,1px,1px)">X</p>`, "h"},
		"clip rect 0":             {`<p style="position:absolute;clip:rect(0 0 0 0)">X</p>`, "h"},
		"font 0 class":            {`<style>.a{font-size:0}</style><p class=a>X</p>`, "h"},
		"font 0 descendant":       {`<style>.a .b{font-size:0}</style><div class=a><p class=b>X</p></div>`, "h"},
		"font 0 descendant no":    {`<style>.a .b{font-size:0}</style><div class=c><p class=b>X</p></div>`, "v"},
		"child selector":          {`<style>div>p{display:none}</style><div><p>X</p></div>`, "h"},
		"attr selector":           {`<style>[id=q]{display:none}</style><p id=q>X</p>`, "h"},
		"attr selector2":          {`<style>p[class~="q"]{display:none}</style><p class="a q">X</p>`, "h"},
		"universal":               {`<style>*{font-size:0}</style><p>X</p>`, "h"},
		"two classes":             {`<style>.a.b{display:none}</style><p class="a b">X</p>`, "h"},
		"two classes no":          {`<style>.a.b{display:none}</style><p class="a">X</p>`, "v"},
		"tag.class other tag":     {`<style>span.a{display:none}</style><p class="a">X</p>`, "v"},
		"bg by class":             {`<style>.a{background:#123456}.b{color:#123456}</style><div class=a><p class=b>X</p></div>`, "h"},
		"bg by body attr":         {`<body bgcolor=red><font color=red>X</font>`, "h"},
		"off right":               {`<p style="position:absolute;right:-9999px">X</p>`, "h"},
		"transform":               {`<p style="transform:translateX(-9999px)">X</p>`, "h"},
		"scale 0":                 {`<p style="transform:scale(0)">X</p>`, "h"},
		"margin shorthand":        {`<p style="margin:0 0 0 -9999px">X</p>`, "h"},
		"text-indent":             {`<p style="text-indent:-9999px">X</p>`, "h"},
		"left em":                 {`<p style="position:absolute;left:-999em">X</p>`, "h"},
		"left vw":                 {`<p style="position:absolute;left:-200vw">X</p>`, "h"},
		"left %":                  {`<p style="position:absolute;left:-200%">X</p>`, "h"},
		"opacity class":           {`<style>.a{opacity:0}</style><p class=a>X</p>`, "h"},
		"filter opacity":          {`<p style="filter:opacity(0)">X</p>`, "h"},
		"filter alpha":            {`<p style="filter:alpha(opacity=0)">X</p>`, "h"},
		"text-fill":               {`<p style="-webkit-text-fill-color:transparent">X</p>`, "h"},
		"hex8":                    {`<p style="color:#ffffff00">X</p>`, "h"},
		"hex4":                    {`<p style="color:#0000">X</p>`, "h"},
		"hsl":                     {`<p style="color:hsl(0,0%,100%)">X</p>`, "h"},
		"hsla":                    {`<p style="color:hsla(0,0%,0%,0)">X</p>`, "h"},
		"rgb pct":                 {`<p style="color:rgb(100%,100%,100%)">X</p>`, "h"},
		"rgba pct":                {`<p style="color:rgba(0,0,0,0%)">X</p>`, "h"},
		"named":                   {`<p style="color:floralwhite;background:floralwhite">X</p>`, "h"},
		"azure":                   {`<p style="background:azure"><span style="color:azure">X</span></p>`, "h"},
		"comment in style":        {`<p style="display:/**/none">X</p>`, "h"},
		"comment in name":         {`<p style="dis/**/play:none">X</p>`, "v"},
		"escape":                  {`<p style="d\69splay:none">X</p>`, "h"},
		"escape2":                 {`<p style="display:n\6fne">X</p>`, "h"},
		"none then block":         {`<p style="display:none;display:block">X</p>`, "v"},
		"none class block inline": {`<style>.a{display:none}</style><p class=a style="display:block">X</p>`, "v"},
		"important":               {`<style>.a{display:none!important}</style><p class=a style="display:block">X</p>`, "h"},
		"important same":          {`<p style="display:none!important;display:block">X</p>`, "h"},
		"hidden attr":             {`<p hidden>X</p>`, "h"},
		"hidden overridden":       {`<p hidden style="display:block">X</p>`, "v"},
		"opacity twice":           {`<p style="opacity:0;opacity:1">X</p>`, "v"},
		"overflow split":          {`<style>.a{overflow:hidden}</style><p class=a style="max-height:0">X</p>`, "h"},
		"overflow clip":           {`<p style="overflow:clip;height:0">X</p>`, "h"},
		"overflow-y":              {`<p style="overflow-y:hidden;height:0">X</p>`, "h"},
		"child of none visible":   {`<div style="display:none"><p style="display:block">X</p></div>`, "h"},
		"content-visibility":      {`<p style="content-visibility:hidden">X</p>`, "h"},
		"zoom":                    {`<p style="zoom:0">X</p>`, "h"},
		"line-height":             {`<p style="line-height:0;font-size:0">X</p>`, "h"},
		"font-size 0em":           {`<p style="font-size:0em">X</p>`, "h"},
		"font tiny rem":           {`<p style="font-size:0.01rem">X</p>`, "h"},
		"template":                {`<template>X</template>`, "h"},
		"details":                 {`<details><summary>s</summary>X</details>`, "v"},
		"dialog":                  {`<dialog>X</dialog>`, "h"},
		"dialog open":             {`<dialog open>X</dialog>`, "v"},
		"mso":                     {`a<!--[if mso]><p>X</p><![endif]-->b`, "h"},
		"mso gte":                 {`a<!--[if gte mso 9]>X<![endif]-->b`, "h"},
		"mso not":                 {`a<![if !mso]>X<![endif]>b`, "v"},
		"mso not2":                {`a<!--[if !mso]><!-->X<!--<![endif]-->b`, "v"},
		"svg style":               {`<svg><style><p>X</p></style></svg>`, "v"},
		"svg title":               {`<svg><title><p>X</p></title></svg>`, "v"},
		"math style":              {`<math><style><p>X</p></style></math>`, "v"},
		"input":                   {`<input type=text value="X">`, "v"},
		"input hidden":            {`<input type=hidden value="X">`, "-"},
		"placeholder":             {`<input placeholder="X">`, "v"},
		"select":                  {`<select><option>X</option></select>`, "v"},
		"xmp":                     {`<xmp>X</xmp>`, "v"},
		"plaintext":               {`<plaintext>X`, "v"},
		"noscript":                {`<noscript>X</noscript>`, "v"},
		"object":                  {`<object>X</object>`, "v"},
		"video":                   {`<video>X</video>`, "v"},
		"color inherit":           {`<div style="color:#fff"><p style="color:inherit">X</p></div>`, "h"},
		"bg transparent":          {`<p style="background:transparent;color:#fff">X</p>`, "h"},
		"import":                  {`<style>@import url(x);.a{display:none}</style><p class=a>X</p>`, "h"},
		"charset rule":            {`<style>@charset "x";.a{display:none}</style><p class=a>X</p>`, "h"},
		"cdo":                     {`<style><!-- .a{display:none} --></style><p class=a>X</p>`, "h"},
		"style in body later":     {`<p class=a>X</p><style>.a{display:none}</style>`, "h"},
		"marquee":                 {`<marquee>X</marquee>`, "v"},
		"blank font color attr":   {`<font color="#FFFFFF">X</font>`, "h"},
		"size 1":                  {`<font size=1>X</font>`, "v"},
		"td white on td bg":       {`<table bgcolor=#000000><tr><td style="color:#fff">X</td></tr></table>`, "v"},
		"bg none":                 {`<p style="background:none;color:#fff">X</p>`, "h"},
		"@media all":              {`<style>@media all{@media print{.x{}} .a{display:none}}</style><p class=a>X</p>`, "h"},
		"@media of phones":        {`<style>@media screen and (max-width:480px){.a{display:none}}</style><p class=a>X</p>`, "v"},
		"html in front":           {`<style>html body .a{display:none}</style><p class=a>X</p>`, "h"},
		"farther off fits":        {`<style>.a > .b .c{display:none}</style><div class=a><div class=b><div class=b><p class=c>X</p></div></div></div>`, "h"},
		"more special":            {`<style>#i{display:block}.a{display:none}</style><p id=i class=a>X</p>`, "v"},
		"later of alike":          {`<style>.a{display:none}.b{display:block}</style><p class="b a">X</p>`, "v"},
		"neighbour":               {`<style>p + .a{display:none}</style><p>y</p><p class=a>X</p>`, "v"},
		"Word's own xml":          {`a<!--[if mso]><xml><w:View>X</w:View></xml><![endif]-->b`, "-"},
		"xml of the page":         {`<xml>X</xml>`, "v"},
		"layout of Outlook":       {`<table><tr><td>a<!--[if mso]></td><td><![endif]-->X</td></tr></table>`, "v"},
		"drawing, closed":         {`<svg/><style>.a{display:none}</style><p class=a>X</p>`, "h"},
		"left, not placed":        {`<p style="left:-9999px">X</p>`, "v"},
	} {
		t.Run(name, func(t *testing.T) {
			h := readHTML(tc.page)
			got, at := "-", strings.IndexByte(h.text, 'X')
			switch {
			case at < 0:
			case slices.ContainsFunc(h.hidden, func(r aup.Range) bool { return r.Start <= at && at < r.End }):
				got = "h"
			default:
				got = "v"
			}
			if got != tc.want {
				t.Errorf("%s, want %s, in %q", got, tc.want, h.text)
			}
		})
	}
}
