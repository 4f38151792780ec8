package remote

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/expressionv1"
	"prowtrace/trace/query"
)

// operators are those that a structured filter may apply: all that
// expression/v1/expression.proto of jaeger-idl 0.14 defines.
var operators = []string{
	"and", "or", "not", "eq", "ne", "gt", "lt", "gte", "lte", "regex", "exists", "in", "not_in", "some", "phrase", "fulltext",
}

// maxNesting is how deep calls may lie in each other, which jaeger-idl fixes.
const maxNesting = 20

// filter translates a structured filter. A filter that has no meaning, or that
// package query cannot evaluate faithfully, is refused as a whole.
func filter(c *expressionv1.Call) (query.Filter, error) {
	f, err := call(c, 1)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the filter is refused: %v", err)
	}
	return f, nil
}

func call(c *expressionv1.Call, depth int) (f query.Filter, err error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("its calls are nested more than %d deep", maxNesting)
	}
	switch op, args := c.GetOp(), c.GetArgs(); op {
	case "and", "or", "not":
		f, err = combination(op, args, depth)
	case "some":
		f, err = quantifier(args, depth)
	case "phrase", "fulltext":
		f, err = wordSearch(op, args)
	case "exists":
		f, err = presence(args)
	case "regex":
		f, err = pattern(args)
	case "in", "not_in":
		f, err = membership(op, args)
	case "eq", "ne", "gt", "lt", "gte", "lte":
		f, err = comparison(op, args)
	default:
		return nil, fmt.Errorf("%q is no operator: want one of %s", op, strings.Join(operators, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.GetOp(), err)
	}
	return f, nil
}

func combination(op string, args []*expressionv1.Expression, depth int) (query.Filter, error) {
	if op == "not" && len(args) != 1 {
		return nil, fmt.Errorf("it takes one predicate, not %d", len(args))
	}
	if op != "not" && len(args) < 2 {
		return nil, fmt.Errorf("it takes two predicates or more, not %d", len(args))
	}
	filters := make([]query.Filter, len(args))
	for i, arg := range args {
		var err error
		if filters[i], err = predicate(arg, depth); err != nil {
			return nil, err
		}
	}
	switch op {
	case "and":
		return query.And(filters...), nil
	case "or":
		return query.Or(filters...), nil
	}
	return query.Not(filters[0]), nil
}

func predicate(e *expressionv1.Expression, depth int) (query.Filter, error) {
	c := e.GetCall()
	if c == nil {
		return nil, fmt.Errorf("%s is no predicate", describe(e))
	}
	return call(c, depth+1)
}

func quantifier(args []*expressionv1.Expression, depth int) (query.Filter, error) {
	if len(args) != 2 || args[0].GetNested() == nil {
		return nil, fmt.Errorf("it takes the events or links and a predicate")
	}
	inner, err := predicate(args[1], depth)
	if err != nil {
		return nil, err
	}
	return query.Some(query.Level(args[0].GetNested().GetLevel()), inner)
}

func wordSearch(op string, args []*expressionv1.Expression) (query.Filter, error) {
	if len(args) != 2 || args[0].GetAttr() == nil || args[1].GetList() == nil {
		return nil, fmt.Errorf("it takes an attribute and a list of words")
	}
	ref, err := attribute(args[0].GetAttr())
	if err != nil {
		return nil, err
	}
	if op == "phrase" {
		return query.Phrase(ref, list(args[1].GetList()))
	}
	return query.Fulltext(ref, list(args[1].GetList()))
}

func presence(args []*expressionv1.Expression) (query.Filter, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("it takes one reference, not %d operands", len(args))
	}
	ref, err := reference(args[0])
	if err != nil {
		return nil, err
	}
	return query.Exists(ref)
}

func pattern(args []*expressionv1.Expression) (query.Filter, error) {
	if len(args) != 2 || args[1].GetScalar() == nil {
		return nil, fmt.Errorf("it takes a reference and a pattern")
	}
	ref, err := reference(args[0])
	if err != nil {
		return nil, err
	}
	if t := query.ConstantType(args[1].GetScalar().GetType()); t != "" && t != query.StringType {
		return nil, fmt.Errorf("a pattern is no %s", t)
	}
	return query.Matches(ref, args[1].GetScalar().GetValue())
}

func membership(op string, args []*expressionv1.Expression) (query.Filter, error) {
	if len(args) != 2 || args[1].GetList() == nil {
		return nil, fmt.Errorf("it takes a reference and a list")
	}
	ref, err := reference(args[0])
	if err != nil {
		return nil, err
	}
	if op == "in" {
		return query.In(ref, list(args[1].GetList()))
	}
	return query.NotIn(ref, list(args[1].GetList()))
}

func comparison(op string, args []*expressionv1.Expression) (query.Filter, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("it takes two operands, not %d", len(args))
	}
	var sides [2]query.Operand
	for i, arg := range args {
		if s := arg.GetScalar(); s != nil {
			sides[i] = query.Constant{Text: s.GetValue(), Type: query.ConstantType(s.GetType())}
			continue
		}
		ref, err := reference(arg)
		if err != nil {
			return nil, err
		}
		sides[i] = ref
	}
	return query.Compare(query.Op(op), sides[0], sides[1])
}

func reference(e *expressionv1.Expression) (query.Reference, error) {
	switch {
	case e.GetAttr() != nil:
		return attribute(e.GetAttr())
	case e.GetField() != nil:
		return query.NewField(query.Level(e.GetField().GetLevel()), e.GetField().GetName())
	}
	return nil, fmt.Errorf("%s is no reference", describe(e))
}

func attribute(a *expressionv1.AttributeReference) (query.Attr, error) {
	return query.NewAttr(query.Level(a.GetLevel()), a.GetKey())
}

func list(l *expressionv1.List) query.List {
	return query.List{Values: l.GetValues(), Type: query.ConstantType(l.GetType())}
}

// describe names what an expression is, for errors.
func describe(e *expressionv1.Expression) string {
	switch e.GetTerm().(type) {
	case *expressionv1.Expression_Attr:
		return "an attribute"
	case *expressionv1.Expression_Field:
		return "a field"
	case *expressionv1.Expression_Nested:
		return "a collection"
	case *expressionv1.Expression_Scalar:
		return "a constant"
	case *expressionv1.Expression_List:
		return "a list"
	case *expressionv1.Expression_Call:
		return "a call"
	}
	return "an empty expression"
}
