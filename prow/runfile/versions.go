package runfile

import "regexp"

// readVersions reads what kubetest2 says of itself.
func (m *Metadata) readVersions(_ string, data []byte) error {
	var v map[string]any
	err := decode(data, &v)
	m.Versions = versions(v)
	return err
}

// versions keeps what kubetest2 writes into a metadata.json: kubetest-version,
// deployer-version, tester-version. Jobs may write there what they like, also who
// is to blame.
func versions(from map[string]any) map[string]string {
	to := map[string]any{}
	for k, v := range from {
		if versionKey.MatchString(k) {
			to[k] = v
		}
	}
	return textMap(to)
}

var versionKey = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*-version$`)
