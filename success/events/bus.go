package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// StreamName and Subjects are the stream that events are kept in, and what it takes.
const (
	StreamName = "CUSTOMER_PORTAL"
	Subjects   = "customer-portal.>"
)

const (
	// keep is how long the stream that we make holds an event for whoever was not listening.
	keep = 30 * 24 * time.Hour
	// duplicates is how long the stream knows an event's id. What is published again after that, the relay finds itself.
	duplicates = time.Hour

	maxStreamBytes = 256 << 20
	startTimeout   = 10 * time.Second
	dialTimeout    = 5 * time.Second
)

// startServer runs a NATS server inside this process, on no port. It acknowledges what is on the disk: its own default
// is to write to the disk every two minutes.
func startServer(dir string, log *slog.Logger) (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "portal", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: dir, SyncAlways: true, JetStreamMaxMemory: 16 << 20, JetStreamMaxStore: 2 * maxStreamBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	s.SetLoggerV2(serverLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		stopServer(s)
		return nil, errors.New("bus: the server in this process does not start")
	}
	return s, nil
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// connect reaches the server in this process, or, when s is nil, the one at url. A lost connection is made again for
// ever; meanwhile publishing fails at once, as the outbox is the better buffer.
func connect(url string, s *server.Server, log *slog.Logger) (*nats.Conn, error) {
	o := []nats.Option{
		nats.Name("customer-portal outbox relay"), nats.Timeout(dialTimeout), nats.MaxReconnects(-1),
		nats.ReconnectWait(time.Second), nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil: we closed it
				log.Warn("connection to the bus lost; events wait in the outbox", "cause", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connection to the bus is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("bus", "cause", err) }),
	}
	if s != nil {
		o = append(o, nats.InProcessServer(s))
	}
	nc, err := nats.Connect(url, o...)
	if err != nil {
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	return nc, nil
}

// openStream finds the stream, or makes it. One that is there is left as its operator has set it up.
func openStream(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, StreamName)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return stream, err
	}
	return js.CreateStream(ctx, jetstream.StreamConfig{
		Name: StreamName, Description: "What happens in the customer portal, as CloudEvents", Subjects: []string{Subjects},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxAge: keep, MaxBytes: maxStreamBytes, Duplicates: duplicates,
	})
}

// serverLog passes on what the server in this process warns of.
type serverLog struct{ log *slog.Logger }

func (serverLog) Noticef(string, ...any) {}
func (serverLog) Debugf(string, ...any)  {}
func (serverLog) Tracef(string, ...any)  {}

func (l serverLog) Warnf(format string, v ...any) {
	l.log.Warn("bus", "cause", fmt.Sprintf(format, v...))
}
func (l serverLog) Errorf(format string, v ...any) {
	l.log.Error("bus", "cause", fmt.Sprintf(format, v...))
}
func (l serverLog) Fatalf(format string, v ...any) {
	l.log.Error("bus", "cause", fmt.Sprintf(format, v...))
}
