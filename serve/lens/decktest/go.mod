// Tests of the lens in the real Deck, in a real browser. A module of its own, so that users
// of prowtrace do not get its dependencies.
module prowtrace/serve/lens/decktest

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	prowtrace v0.0.0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect

replace prowtrace => ../../..
