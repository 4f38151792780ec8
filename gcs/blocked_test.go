package gcs

import (
	"testing"

	"google.golang.org/api/googleapi"

	"prowtrace/objstore"
)

// A refusal that no login can change is told from one that it can.
func TestBlocked(t *testing.T) {
	for name, tt := range map[string]struct {
		answer *googleapi.Error
		want   objstore.Reason
	}{
		"billing, by its reason": {&googleapi.Error{Code: 403, Message: "The billing account for the owning project is disabled in state absent", Errors: []googleapi.ErrorItem{{Reason: "accountDisabled"}}}, objstore.BillingDisabled},
		"billing, in XML":        {&googleapi.Error{Code: 403, Body: "<Error><Code>UserProjectAccountProblem</Code><Message>There is a problem with your project that prevents the operation.</Message></Error>"}, objstore.BillingDisabled},
		"a perimeter":            {&googleapi.Error{Code: 403, Message: "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x"}, objstore.PerimeterDenied},
		"a perimeter, in XML":    {&googleapi.Error{Code: 403, Body: "<Error><Code>SecurityPolicyViolated</Code><Message>Request violates VPC Service Controls.</Message></Error>"}, objstore.PerimeterDenied},
		"no role":                {&googleapi.Error{Code: 403, Message: "x@example.com does not have storage.objects.list access", Errors: []googleapi.ErrorItem{{Reason: "forbidden"}}}, ""},
		"anonymous":              {&googleapi.Error{Code: 401, Message: "Anonymous caller does not have storage.objects.list access"}, ""},
	} {
		if got := blocked(tt.answer, messageOf(tt.answer)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	c := &Client{}
	for _, anonymous := range []bool{true, false} {
		err := c.refusal("list", "ci", anonymous, &googleapi.Error{Code: 403, Message: "The billing account for the owning project is disabled in state closed"})
		if got := err.Error(); got != "bucket ci cannot be read: billing is disabled for its project (HTTP 403 to list: The billing account for the owning project is disabled in state closed)" {
			t.Error(got)
		}
	}
}
