// Package rules is ualstream's own rule pack: Sigma rules that find account takeover and mail fraud in the audit log
// of Microsoft 365. It holds files and knows nothing of who loads them.
//
// # What is in a file
//
// NAME.yml holds what belongs to one detection: rules, and correlations of them. NAME.cases.jsonl beside it holds tests
// of it, each with a reason: records in which a named rule must find something, and near misses in which it must not.
//
// The rules are for the log source m365 and read the record as Microsoft wrote it, and the fields derived.* that say
// what no field of it does. Levels are those of Sigma:
//
//   - critical and high: look now; an honest reason is rare.
//   - medium: look today; administrators and owners do this, too, and can tell whether they did.
//   - low: worth having beside other findings.
//   - informational: never told. Such a rule serves correlations, some of which stand in other files and refer to it by
//     its name. A correlation whose name ends in _seen counts one firing of another, so that a third can wait for
//     it while the other is told by itself.
//
// Technique and tactic tags are those of ATT&CK 19.
//
// # What is not covered, and why
//
// These need to know what an account usually does, or lists of networks, which rules alone have not:
//
//   - A sign-in from an unusual network, country or program, and one by a VPN or hosting provider (T1078.004). In its
//     place correlations take sign-ins from devices that the organization does not manage.
//   - Travel that is impossible (T1078.004): no record says where an address is.
//   - A session in two networks (T1539): session_replay sees it where the operating system differs.
//   - A device code that was phished, by its new network (T1528): broker_phishing sees the form of the sign-in.
//   - Mail read by a program that is new to the mailbox (T1114.002): abused_application knows those that intruders use
//     again and again, mail_harvesting counts.
//
// These are covered in part:
//
//   - A folder that is named by its ID: records do not say which it is. inbox_rule_hides_mail tells such a rule as low
//     where it marks mail as read, and other rules tell it by its name and words.
//   - Forwarding to an entry of the address book: records do not say where the entry leads, save that
//     mailbox_forwards_outside sees a contact that was made within the hour before.
//   - A right password that a second factor stopped, alone: everybody leaves such records all day (50074, 50076).
//     right_password_stopped tells them of programs and after a spray, and those that failed for good (53003, 500121).
//   - A notice that came and was deleted: no record says that mail came. traces_deleted goes by what the notice is about.
//   - Consent by an administrator for everybody, and the consent policy: that is everyday administration, save for
//     applications that intruders use.
//
// These are left for later: files fetched in bulk (T1530), export by eDiscovery (T1114.002), and strangers who pose as
// a help desk in Teams (T1566.003).
package rules

import "embed"

// Files holds the rule files, NAME.yml, at its root.
//
//go:embed *.yml
var Files embed.FS
