// Package sigma is an engine for Sigma rules, specification 2.1.0: detection rules, filters and correlations.
//
// It takes rule files (Load, Collection.Add) and events that a caller serves field by field (Fields), and gives the
// rules that match (Set.Match), what decided it (Set.Evidence), why a rule matches or not (Set.Explain), and what
// correlations make of many hits (Set.Signals, Tracker, Set.Chain). It knows nothing of any product, taxonomy or
// transport: which fields there are, what they are called and which log source an event belongs to is the caller's.
// It does no I/O beyond the file system it is handed, reads no clock, and gives the same answers for the same input.
//
// # How it goes
//
// Load reads files; whatever cannot be used is a Refusal with file, line, reason and mend, and all else is used.
// Compile makes a Set of a Collection and refuses what does not fit together. A Set numbers the fields and log sources
// that its rules name; a caller prepares for them once (Set.Fields, Set.Sources) and then serves by number.
//
// Matching costs what the hits cost, not what the rules cost: each rule stands in an index at something that an event
// must have for the rule to match, such as one of a few values of one field or a text within it, chosen so that few
// rules share it.
//
// # Where the specification leaves a choice
//
//   - Values are texts without case, by Unicode's simple folding; regular expressions have case. An unquoted number
//     equals a number by value and a text by its digits, as written or in shortest form. Unquoted scalars are those of
//     YAML 1.2: yes and no are texts, 0x17 is 23. Of YAML 1.1 the merge key << is known.
//   - A field with several values matches if any of them does; with the modifier all, each of the rule's values must be
//     found in some value of the field.
//   - null is a field that is missing, has no value or has null; ” is an empty text. exists asks only whether the
//     field is there.
//   - neq is the complement: it holds for a missing field, too, and for several values if none of them is found.
//   - A port behind an address is none of it: cidr finds 192.0.2.1:443 in 192.0.2.0/24.
//   - Keywords are found anywhere within any one value of the event.
//   - windash makes every dash of the value match every other of the five, whatever stands around it.
//   - re is RE2: what needs backtracking (lookaround, backreferences) is refused. It is found anywhere in a value;
//     startswith and endswith after it anchor it. Its $ stands before a line feed at the end, too, as in PCRE.
//   - The parts of dates are read from texts in the forms of ISO 8601, as written; zones are not converted, and numbers
//     are no dates.
//   - The values of placeholders are Sigma strings with wildcards, also within re, where nothing else in them is special.
//   - fieldref compares any value of the one field with any of the other; a missing field equals nothing.
//   - "1 of" and "all of" with a pattern leave out search identifiers that begin with an underscore, as "them" does,
//     unless the pattern begins with one. "any of" is "1 of".
//   - A filter takes away what its condition describes. One whose condition says only what must not be (not selection),
//     as other tools want it, means the same. rules: any (or all) is every rule of its log source.
//   - A rule is told by itself unless a correlation refers to it without generate: true (Hit.Mute, Correlation.Mute).
//   - An alias may call a rule by its id or its name, however the correlation refers to it. A timespan may be in weeks (2w).
//     A condition that asks for none (eq: 0, lt: 1) is refused: a correlation is judged when an event comes.
//   - A correlation without group-by has one group. Window documents how windows slide and what fires again.
//   - value_percentile is the share of the added value among the values of the window, in percent; with the key
//     percentile, known from pySigma, it is that percentile of numbers.
//
// # What is refused
//
// Besides what is wrong: modifiers that contradict each other or stand in an order that makes no sense, all with one
// value, null beside other values, aggregation behind |, timeframe, action: global and its kin (none is of Sigma 2), a
// condition of a correlation in words, the second rule with an id, and whatever is so large or nested that reading it
// would cost more than a rule is worth.
//
// The package has more files than most: each is one thing of the specification or one part of the machine.
package sigma
