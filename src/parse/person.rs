//! People as feeds write them.
//!
//! RSS wants `mail (name)` and gets everything else besides: `name <mail>`, `name (mail)`, a name alone, a mail
//! alone, full-width brackets. The mail is told apart by its `@`, the brackets around what is left are dropped.

use super::bounds;
use super::line;
use crate::model::Person;

/// The person in `text`; `None` when nothing is said.
pub(super) fn parse(text: &str) -> Option<Person> {
    // `<mail>` is no tag: the address is taken out before the rest is read as markup.
    let (name, email) = match email_in(text) {
        Some((before, email, after)) => (name_around(before, after), Some(email.to_owned())),
        None => (text.to_owned(), None),
    };
    let name = line::of_html(&name);
    let mut name = line::some(name.trim_matches(is_blank).to_owned());
    if let Some(name) = &mut name {
        bounds::cut(name, bounds::MAX_TITLE_BYTES);
    }
    (name.is_some() || email.is_some()).then_some(Person {
        name,
        uri: None,
        email,
    })
}

/// What stands before the address for mail, the address, and what stands after it.
fn email_in(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find('@')?;
    let (before, after) = text.split_at_checked(at)?;
    let start = before
        .rfind(|character: char| !is_of_mail(character))
        .map_or(0, |position| {
            position
                + before
                    .get(position..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(1, char::len_utf8)
        });
    let host = after.get(1..)?;
    let length = host
        .find(|character: char| !is_of_mail(character))
        .unwrap_or(host.len());
    let host_name = host.get(..length)?.trim_end_matches('.');
    let end = at + 1 + host_name.len();
    let is_mail = start < at && host_name.contains('.') && !host_name.starts_with('.');
    is_mail.then_some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
}

const fn is_of_mail(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '%' | '+' | '-' | '\'')
}

fn name_around(before: &str, after: &str) -> String {
    let before = before.trim_end().strip_suffix("mailto:").unwrap_or(before);
    let trim = |part: &str| {
        part.trim_matches(|c: char| is_blank(c) || is_bracket(c))
            .to_owned()
    };
    let (before, after) = (trim(before), trim(after));
    if before.is_empty() {
        after
    } else if after.is_empty() {
        before
    } else {
        format!("{before} {after}")
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | ';' | ':' | '"')
}

const fn is_bracket(character: char) -> bool {
    matches!(
        character,
        '(' | ')' | '<' | '>' | '[' | ']' | '（' | '）' | '【' | '】' | '＜' | '＞' | '-'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> (Option<String>, Option<String>) {
        let person = parse(text).unwrap_or_default();
        (person.name, person.email)
    }

    fn both(name: &str, email: &str) -> (Option<String>, Option<String>) {
        (Some(name.to_owned()), Some(email.to_owned()))
    }

    #[test]
    fn name_and_mail_are_told_apart_in_every_form() {
        let wanted = both("Ada Byron", "ada@a.example");
        for text in [
            "ada@a.example (Ada Byron)",
            "Ada Byron <ada@a.example>",
            "Ada Byron (ada@a.example)",
            "Ada Byron mailto:ada@a.example",
            "ada@a.example, Ada Byron",
        ] {
            assert_eq!(person(text), wanted, "{text}");
        }
    }

    #[test]
    fn full_width_brackets_are_brackets() {
        assert_eq!(
            person("记者张三丰和李四（zhang@example.com）"),
            both("记者张三丰和李四", "zhang@example.com")
        );
    }

    #[test]
    fn one_of_the_two_is_enough_and_none_is_nobody() {
        assert_eq!(person("ada@a.example"), (None, Some("ada@a.example".to_owned())));
        assert_eq!(person(" Ada\n Byron "), (Some("Ada Byron".to_owned()), None));
        assert_eq!(person("@ada"), (Some("@ada".to_owned()), None));
        assert_eq!(parse("  "), None);
    }
}
