package penstock_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

// Numbers are stored and shown: these never change.
func TestTrustBelievesInParties(t *testing.T) {
	for _, row := range []struct {
		rule string
		in   penstock.Party
		want penstock.PartyInfo
	}{
		{"a user", penstock.UserParty("ann"), penstock.PartyInfo{
			Party: penstock.Party{Type: penstock.User, ID: "ann", Name: "ann"}, DisplayName: "ann", Active: true, Number: 6463115225254206}},
		{"no type means user", penstock.Party{ID: "ann"}, penstock.PartyInfo{
			Party: penstock.Party{Type: penstock.User, ID: "ann", Name: "ann"}, DisplayName: "ann", Active: true, Number: 6463115225254206}},
		{"by name alone", penstock.Party{Name: "ann"}, penstock.PartyInfo{
			Party: penstock.Party{Type: penstock.User, ID: "ann", Name: "ann"}, DisplayName: "ann", Active: true, Number: 6463115225254206}},
		{"the name does not count", penstock.Party{ID: "ann", Name: "Ann Bell", IdentityType: "ldap"}, penstock.PartyInfo{
			Party: penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann Bell", IdentityType: "ldap"}, DisplayName: "Ann Bell", Active: true, Number: 6463115225254206}},
		{"a group", penstock.GroupParty("ann"), penstock.PartyInfo{
			Party: penstock.Party{Type: penstock.Group, ID: "ann", Name: "ann"}, DisplayName: "ann", Active: true, Number: 7800963868879546}},
	} {
		got, err := penstock.Trust{}.Party(t.Context(), row.in)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.rule, diff)
		}
	}
}

func TestTrustBelievesInFolders(t *testing.T) {
	for _, row := range []struct {
		rule string
		in   penstock.Folder
		want penstock.FolderInfo
	}{
		{"by id", penstock.Folder{ID: "shop"}, penstock.FolderInfo{Folder: penstock.Folder{ID: "shop", Name: "shop"}, Number: 6163966697781856}},
		{"by name alone", penstock.Folder{Name: "shop"}, penstock.FolderInfo{Folder: penstock.Folder{ID: "shop", Name: "shop"}, Number: 6163966697781856}},
		{"the name does not count", penstock.Folder{ID: "shop", Name: "The shop"}, penstock.FolderInfo{Folder: penstock.Folder{ID: "shop", Name: "The shop"}, Number: 6163966697781856}},
		{"another", penstock.Folder{ID: "7"}, penstock.FolderInfo{Folder: penstock.Folder{ID: "7", Name: "7"}, Number: 7}},
	} {
		got, err := penstock.Trust{}.Folder(t.Context(), row.in)
		if err != nil {
			t.Fatalf("%s: %v", row.rule, err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.rule, diff)
		}
	}
}

func TestTrustKnowsNobodyWithoutIdAndName(t *testing.T) {
	for _, p := range []penstock.Party{{}, {Type: penstock.Group}, {IdentityType: "ldap"}} {
		if got, err := (penstock.Trust{}).Party(t.Context(), p); !errors.Is(err, penstock.ErrNotFound) || !cmp.Equal(got, penstock.PartyInfo{}) {
			t.Errorf("%+v is %+v and %v, want ErrNotFound alone", p, got, err)
		}
	}
	if got, err := (penstock.Trust{}).Folder(t.Context(), penstock.Folder{}); !errors.Is(err, penstock.ErrNotFound) || got != (penstock.FolderInfo{}) {
		t.Errorf("the zero folder is %+v and %v, want ErrNotFound alone", got, err)
	}
}

func TestNumbersAreExactInJSONAndDifferent(t *testing.T) {
	seen := map[int64]string{}
	for i := range 10_000 {
		id := fmt.Sprint("user ", i)
		info, err := penstock.Trust{}.Party(t.Context(), penstock.UserParty(id))
		if err != nil {
			t.Fatal(err)
		}
		if n := info.Number; n < 1 || n > 1<<53 {
			t.Errorf("%s has the number %d", id, n)
		}
		if other, ok := seen[info.Number]; ok {
			t.Errorf("%s and %s have the number %d", id, other, info.Number)
		}
		seen[info.Number] = id
	}
}
