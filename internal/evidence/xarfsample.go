package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"aupd/internal/aup"
)

// An xarfSample is a piece of evidence in an X-ARF report: of version 4 in
// base64, of the versions before it where it says so.
type xarfSample struct {
	Type     string `json:"content_type"`
	Data     string `json:"payload"`
	OldType  string `json:"ContentType"`
	OldData  string `json:"Payload"`
	FileName string `json:"FileName"`
	Encoded  bool   `json:"Base64Encoded"`
}

// content returns what the sample holds; nil when the report's own text shows it
// as well.
func (s *xarfSample) content() []byte {
	if s.Data != "" {
		s.OldType, s.OldData, s.Encoded = s.Type, s.Data, true
	}
	if !s.Encoded {
		if strings.HasPrefix(s.OldType, "message/") {
			return []byte(s.OldData)
		}
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(s.OldData)
	if err != nil {
		data = decodeBase64(s.OldData)
	}
	return data
}

// maxSamples bounds the samples of one report; version 4 allows 50.
const maxSamples = 100

// xarfSamples reads the evidence that an X-ARF report carries: the files of the
// part that the report is.
func (b *builder) xarfSamples(text string, message int, id aup.PartID) {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\n"), "{") || !strings.Contains(text, `"xarf_version"`) && !strings.Contains(text, `"ReporterInfo"`) {
		return
	}
	var v struct {
		Evidence []xarfSample `json:"evidence"`
		Report   struct {
			Samples []xarfSample `json:"Samples"`
		} `json:"Report"`
	}
	_ = json.Unmarshal([]byte(text), &v) // what has another type is left out
	all := append(v.Evidence, v.Report.Samples...)
	if len(all) > maxSamples {
		b.problem("limit", id, "more samples than the bound, the rest was not read")
		all = all[:maxSamples]
	}
	for n, s := range all {
		data := s.content()
		if len(data) == 0 {
			continue
		}
		kind, params := parseParams(s.OldType)
		b.file(file{kind: contentType{mediaType: kind, params: params, name: fileName(s.FileName)}, r: bytes.NewReader(data), size: int64(len(data))},
			message, id+aup.PartID("/"+section("xarf", n+1)))
	}
}
