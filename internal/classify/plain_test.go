package classify_test

import (
	"testing"

	"aupd/internal/aup"
)

// A deed that is said in a few plain words, and in none of the policy's own, is
// known all the same.
func TestPlainWords(t *testing.T) {
	primary(t, map[string]aup.ClauseID{
		"The tenant at 203.0.113.9 sends us three hundred newsletters a day that nobody asked for.": "4",
		"He keeps a price list for ketamine and ships it in cereal boxes.":                          "1",
		"My drawings hang in this shop as posters. I made them, and nobody asked me.":               "1.1",
		"The clinic bought our editor once and runs it on ninety desks.":                            "1.2",
		"Everyone in that account sits in Isfahan.":                                                 "1.3",
		"I paid for a boat that was never built, and he has vanished.":                              "1.4",
		"My salary slip and my home address can be read by whoever has the link.":                   "1.5",
		"Since the neighbour on our host began his import, our tills take a minute for each sale.":  "2",
		"The dismissed janitor still gets in to our tenant and moves things about.":                 "2.1",
		"Somebody with your address tries key after key on our mail server.":                        "2.2",
		"A program reads out your directory from A to Z each night.":                                "2.3",
		"He asks a girl of eleven to meet him behind the stadium.":                                  "2.4",
		"I opened the timetable they sent, and now my disk is wiped.":                               "2.5",
		"The relays named in the header have never existed.":                                        "3",
		"A woman answers our clients as if she were our notary.":                                    "3.1",
		"One more for the filter to learn from, it got past.":                                       "4.1",
		"The tenant struck your rights notice off the welcome page.":                                "5",
		"His wiki is a list of addresses of outside shops with forged papers.":                      "5.1",
		"They let you hire a crowd of hijacked machines by the hour.":                               "5.2",
		"I take it all back, the mails were meant for me.":                                          "none",
		"Kunden verschickt täglich Prospekte, die hier keiner will.":                                "4",
		"Quelqu'un répond à nos clients en se donnant pour notre patron.":                           "3.1",
		"Alquilan ordenadores secuestrados por horas.":                                              "5.2",
		"Il programma ha cancellato tutti i miei file.":                                             "2.5",
		"Сосед по серверу съедает всю память, у нас всё стоит.":                                     "2",
		"有人在卖我画的图，从来没问过我。":                                                                          "1.1",
	})
}
