package auth

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

type tokenHash = [sha256.Size]byte

// lru remembers the identities of the tokens used most recently, by the hash of the token.
type lru struct {
	mu    sync.Mutex
	size  int
	order *list.List // front is the most recent
	items map[tokenHash]*list.Element
}

type lruItem struct {
	key tokenHash
	id  identity
}

func newLRU(size int) *lru {
	return &lru{size: size, order: list.New(), items: make(map[tokenHash]*list.Element)}
}

func (l *lru) get(key tokenHash) (identity, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.items[key]
	if !ok {
		return identity{}, false
	}
	l.order.MoveToFront(e)
	return itemOf(e).id, true
}

func (l *lru) put(key tokenHash, id identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.items[key]; ok {
		itemOf(e).id = id
		l.order.MoveToFront(e)
		return
	}
	l.items[key] = l.order.PushFront(&lruItem{key, id})
	if l.order.Len() > l.size {
		oldest := l.order.Back()
		l.order.Remove(oldest)
		delete(l.items, itemOf(oldest).key)
	}
}

func itemOf(e *list.Element) *lruItem {
	item, _ := e.Value.(*lruItem) // nothing else is ever put in
	return item
}
