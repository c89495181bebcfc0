package database

// LockKey tells the tests which number a lock has.
var LockKey = lockKey
