package policy

import (
	"fmt"
	"testing"
)

func TestMemo_ReadsAPolicyOnceAndAnErrorEachTime(t *testing.T) {
	m := memo{documents: map[source]Document{}}
	times := 0
	reader := func(name, text string) (Document, error) {
		times++
		return read(name, text)
	}
	const fine = `{"Statement":{"Sid":"A","Effect":"Allow","Action":"a:B","Resource":"*"}}`
	for range 3 {
		d, err := m.get("p", fine, reader)
		if err != nil || d.Name != "p" || d.Statements[0].Sid != "A" {
			t.Fatalf("got %+v, %v", d, err)
		}
	}
	if d, err := m.get("q", fine, reader); err != nil || d.Name != "q" || times != 2 {
		t.Errorf("got %+v, %v after %d readings: another name is another policy", d, err, times)
	}
	for range 2 {
		if _, err := m.get("p", `{"Statement":[]`, reader); err == nil {
			t.Error("half a policy was read")
		}
	}
	if times != 4 {
		t.Errorf("read %d times, want 4", times)
	}
}

func TestMemo_IsBounded(t *testing.T) {
	m := memo{documents: map[source]Document{}}
	for i := range 3 * memoLimit {
		if _, err := m.get(fmt.Sprint(i), "", func(string, string) (Document, error) { return Document{}, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.documents) > memoLimit {
		t.Errorf("keeps %d documents, want %d at most", len(m.documents), memoLimit)
	}
}
