package team

import "context"

// AsVisitor gives a context as the requests of a visitor have it.
func AsVisitor(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, visitorKey{}, who)
}
