package unleash_test

import (
	"net/http"
	"strings"
	"testing"
)

const (
	elsewhere    = "/api/admin/projects/bank/features/checkout"
	ofOld        = "/api/admin/projects/shop/features/old"
	ofArchive    = "/api/admin/archive"
	ofSegments   = "/api/admin/segments"
	ofPlaces     = "/api/admin/environments"
	ofTypes      = "/api/admin/strategies"
	toEveryone   = `{"name":"default"}`
	noConstraint = `{"name":"changed","constraints":[]}`
	unknownType  = `{"name":"unheardOf"}`
)

// featureTable is every operation on features, segments, environments and types of strategies. Rows
// that change something leave what the others need.
var featureTable = []row{
	{"getProjects", "GET", "/api/admin/projects", "", 200, []failing{badData.at("/api/admin/projects?archived=perhaps")}},
	{"getFeatures", "GET", atShop, "", 200, nil},
	{"createFeature", "POST", atShop, `{"name":"created"}`, 201, []failing{denied, badData.with(`{"name":"x y"}`), badData.with(`{}`), exists.with(`{"name":"checkout"}`), exists.with(`{"name":"old"}`), exists.after()}},
	{"getFeature", "GET", atCheckout, "", 200, []failing{denied, notFound.at(atShop + "/none"), notFound.at(elsewhere)}},
	{"updateFeature", "PUT", atCheckout, `{"type":"experiment"}`, 200, []failing{denied, notFound.at(atShop + "/none"), notFound.at(elsewhere), badData.with(`{"name":"another"}`), badData.with(`{"project":"bank"}`), refused.at(ofOld), conflict.with(`{"archived":true}`)}},
	{"getFeatureEnvironment", "GET", inProd, "", 200, []failing{denied, notFound.at(atCheckout + "/environments/moon"), notFound.at(elsewhere + "/environments/production")}},
	{"toggleFeatureEnvironmentOff", "POST", inProd + "/off", "", 200, []failing{denied, notFound.at(atCheckout + "/environments/moon/off"), notFound.at(elsewhere + "/environments/production/off"), refused.at(ofOld + "/environments/production/off")}},
	{"toggleFeatureEnvironmentOn", "POST", inProd + "/on", "", 200, []failing{denied, notFound.at(atCheckout + "/environments/moon/on"), notFound.at(elsewhere + "/environments/production/on"), refused.at(ofOld + "/environments/production/on")}},

	{"getFeatureStrategies", "GET", inProd + "/strategies", "", 200, []failing{denied, notFound.at(atCheckout + "/environments/moon/strategies"), notFound.at(elsewhere + "/environments/production/strategies")}},
	{"addFeatureStrategy", "POST", inProd + "/strategies", toEveryone, 200, []failing{denied, badData.with(`{}`), badData.with(unknownType), badData.with(`{"name":"default","segments":[99]}`), notFound.at(atCheckout + "/environments/moon/strategies"), notFound.at(elsewhere + "/environments/production/strategies"), refused.at(ofOld + "/environments/production/strategies")}},
	{"getFeatureStrategy", "GET", inProd + "/strategies/{fs}", "", 200, []failing{denied, notFound.at(inProd + "/strategies/none"), notFound.at(elsewhere + "/environments/production/strategies/{fs}")}},
	{"updateFeatureStrategy", "PUT", inProd + "/strategies/{fs}", `{"name":"default","title":"all"}`, 200, []failing{denied, badData.with(unknownType), badData.with(`{"id":"another"}`), notFound.at(inProd + "/strategies/none"), notFound.at(elsewhere + "/environments/production/strategies/{fs}")}},
	{"deleteFeatureStrategy", "DELETE", inProd + "/strategies/{fs}", "", 200, []failing{denied, notFound.at(inProd + "/strategies/none"), notFound.at(elsewhere + "/environments/production/strategies/{fs}"), notFound.after()}},

	{"archiveFeature", "DELETE", atShop + "/created", "", 202, []failing{denied, notFound.at(atShop + "/none"), notFound.at(elsewhere), conflict.at(atCheckout)}},
	{"getArchivedFeaturesByProjectId", "GET", ofArchive + "/features/shop", "", 200, nil},
	{"reviveFeature", "POST", ofArchive + "/revive/old", "", 200, []failing{denied, notFound.at(ofArchive + "/revive/none")}},
	{"deleteFeature", "DELETE", ofArchive + "/created", "", 200, []failing{denied, notFound.at(ofArchive + "/none"), refused.at(ofArchive + "/checkout"), notFound.after()}},

	{"getSegments", "GET", ofSegments, "", 200, nil},
	{"createSegment", "POST", ofSegments, `{"name":"created","constraints":[]}`, 201, []failing{denied, badData.with(`{}`), badData.with(`{"name":"x","constraints":[{"contextName":"a","operator":"LIKE"}]}`), exists.after()}},
	{"getSegment", "GET", ofSegments + "/1", "", 200, []failing{denied, notFound.at(ofSegments + "/99"), notFound.at(ofSegments + "/x")}},
	{"updateSegment", "PUT", ofSegments + "/1", noConstraint, 204, []failing{denied, badData.with(`{}`), notFound.at(ofSegments + "/99"), exists.with(`{"name":"in use","constraints":[]}`)}},
	{"removeSegment", "DELETE", ofSegments + "/1", "", 204, []failing{denied, notFound.at(ofSegments + "/99"), conflict.at(ofSegments + "/2"), notFound.after()}},

	{"getAllEnvironments", "GET", ofPlaces, "", 200, nil},
	{"createEnvironment", "POST", ofPlaces, `{"name":"staging","type":"test"}`, 201, []failing{denied, badData.with(`{"name":"x"}`), badData.with(`{"name":"x y","type":"test"}`), exists.after()}},
	{"getEnvironment", "GET", ofPlaces + "/staging", "", 200, []failing{denied, notFound.at(ofPlaces + "/moon")}},
	{"updateEnvironment", "PUT", ofPlaces + "/update/staging", `{"type":"other"}`, 200, []failing{denied, notFound.at(ofPlaces + "/update/moon"), badData.with(`{"sortOrder":"first"}`)}},
	{"removeEnvironment", "DELETE", ofPlaces + "/staging", "", 200, []failing{denied, notFound.at(ofPlaces + "/moon"), conflict.at(ofPlaces + "/production"), notFound.after()}},

	{"getAllStrategies", "GET", ofTypes, "", 200, nil},
	{"createStrategy", "POST", ofTypes, `{"name":"byMoon"}`, 201, []failing{denied, badData.with(`{"name":"default"}`), badData.with(`{"name":"x","parameters":[{"name":"a","type":"odd"}]}`), exists.after()}},
	{"removeStrategy", "DELETE", ofTypes + "/byMoon", "", 200, []failing{denied, notFound.at(ofTypes + "/none"), conflict.at(ofTypes + "/byRegion"), notFound.after()}},
}

// TestFeatureEndpoints: each operation on features and what they refer to does what it is for, and
// fails as it is documented to.
func TestFeatureEndpoints(t *testing.T) {
	t.Parallel()
	w, _ := tableWorld(t)
	b := bench{Server: w.Server, t: t, token: annsToken, stored: w.features}
	w.Do("POST", ofSegments, `{"name":"free","constraints":[]}`).Want(http.StatusCreated)
	w.Do("POST", ofSegments, `{"name":"in use","constraints":[]}`).Want(http.StatusCreated)
	w.Do("POST", ofTypes, `{"name":"byRegion"}`).Want(http.StatusCreated)
	w.feature("regional", "shop", "production")
	w.Do("POST", atShop+"/regional/environments/production/strategies", `{"name":"byRegion","segments":[2]}`).Want(http.StatusOK)
	w.feature("old", "shop", "production")
	w.Do("DELETE", ofOld, nil).Want(http.StatusAccepted)
	strategy := w.Do("POST", inProd+"/strategies", toEveryone).Want(http.StatusOK).Get("id").(string)
	b.fill = strings.NewReplacer("{fs}", strategy).Replace
	for _, r := range featureTable {
		b.try(r)
	}
}

// features is what is stored of features and what they refer to.
func (w *world) features() string {
	w.t.Helper()
	var all strings.Builder
	for _, at := range []string{atShop, ofArchive + "/features/shop", ofSegments, ofPlaces, ofTypes} {
		all.Write(w.Do("GET", at, nil).Want(http.StatusOK).Body)
	}
	return all.String()
}
