// A second implementation of the log, on Go's golang.org/x/mod: reads a question as JSON, writes its answers as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Size, Index int64
	Root, Leaf  tlog.Hash
	Path        []tlog.Hash
}

type consistency struct {
	From, To         int64
	FromRoot, ToRoot tlog.Hash
	Path             []tlog.Hash
}

type question struct {
	Size         int64
	Sizes        []int64
	Inclusions   []inclusion
	Consistences []consistency
	Notes        []struct{ Key, Note string }
	Text         string
}

type answer struct {
	Roots       []tlog.Hash
	Inclusion   map[string][]tlog.Hash
	Consistency map[string][]tlog.Hash
	Tiles       map[string][]byte
	Included    []bool
	Consistent  []bool
	Opened      []bool
	Key, Note   string
}

type memory struct{ hashes []tlog.Hash }

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = m.hashes[index]
	}
	return found, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var q question
	must(json.NewDecoder(os.Stdin).Decode(&q))
	a := answer{Inclusion: map[string][]tlog.Hash{}, Consistency: map[string][]tlog.Hash{}, Tiles: map[string][]byte{}}
	m := &memory{}
	for i := int64(0); i < q.Size; i++ {
		hashes, err := tlog.StoredHashes(i, []byte(fmt.Sprintf("entry %d", i)), m)
		must(err)
		m.hashes = append(m.hashes, hashes...)
		root, err := tlog.TreeHash(i+1, m)
		must(err)
		a.Roots = append(a.Roots, root)
	}
	for _, size := range q.Sizes {
		for i := int64(0); i < size; i++ {
			proof, err := tlog.ProveRecord(size, i, m)
			must(err)
			a.Inclusion[fmt.Sprintf("%d/%d", size, i)] = proof
			growth, err := tlog.ProveTree(size, i+1, m)
			must(err)
			a.Consistency[fmt.Sprintf("%d/%d", i+1, size)] = growth
		}
	}
	for _, tile := range tlog.NewTiles(8, 0, q.Size) {
		data, err := tlog.ReadTileData(tile, m)
		must(err)
		a.Tiles[strings.TrimPrefix(tile.Path(), "tile/8/")] = data
	}
	for _, p := range q.Inclusions {
		a.Included = append(a.Included, tlog.CheckRecord(p.Path, p.Size, p.Root, p.Index, p.Leaf) == nil)
	}
	for _, p := range q.Consistences {
		a.Consistent = append(a.Consistent, tlog.CheckTree(p.Path, p.To, p.ToRoot, p.From, p.FromRoot) == nil)
	}
	for _, n := range q.Notes {
		verifier, err := note.NewVerifier(n.Key)
		if err == nil {
			_, err = note.Open([]byte(n.Note), note.VerifierList(verifier))
		}
		a.Opened = append(a.Opened, err == nil)
	}
	private, public, err := note.GenerateKey(nil, "go.example.org/log")
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	signed, err := note.Sign(&note.Note{Text: q.Text}, signer)
	must(err)
	a.Key, a.Note = public, string(signed)
	must(json.NewEncoder(os.Stdout).Encode(a))
}
