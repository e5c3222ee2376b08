//! One value of the file, read as its key wants it, with everything that can be wrong with it alone.

use super::findings::Findings;
use super::names;
use super::quantity::{duration, duration_words, size, size_words};
use super::settings::{Key, Kind};
use super::terms::MatchRule;
use super::text::shown;
use crate::model::{HeaderField, Rewrite};
use chrono_tz::Tz;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;
use url::Url;

/// A good value.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    Texts(Vec<(Range<usize>, String)>),
    Switch(bool),
    Count(u64),
    Share(f32),
    Duration(Duration),
    Size(u64),
    Zone(Tz),
    Address(Url),
    Rule(MatchRule),
    Fields(Vec<HeaderField>),
    Rewrite(Rewrite),
}

/// Why a value cannot be used: what is wrong and what to do about it.
pub(super) type Refusal = (String, String);

/// Reads a value for a key; what is wrong with it goes to the findings.
pub(crate) fn read(findings: &mut Findings<'_>, key: &Key, value: &Spanned<DeValue<'_>>) -> Option<Value> {
    let content = value.get_ref();
    match key.kind {
        Kind::Later => None,
        Kind::Rule => super::rule::read(findings, value).map(Value::Rule),
        Kind::Fields => super::fields::read(findings, value).map(Value::Fields),
        Kind::Rewrite => super::rewrite::read(findings, value).map(Value::Rewrite),
        Kind::Filter => super::rule::read_filter(findings, value).map(Value::Rule),
        Kind::Texts => texts(findings, key, value, line_of_text).map(Value::Texts),
        Kind::Addresses => texts(findings, key, value, |text| {
            source_address(text).map(String::from)
        })
        .map(Value::Texts),
        Kind::CategoryNames => texts(findings, key, value, category_name).map(Value::Texts),
        Kind::CategoryReferences => match content {
            DeValue::String(text) => Some(Value::Texts(vec![(value.span(), text.to_string())])),
            _ => texts(findings, key, value, |text| Ok(text.to_owned())).map(Value::Texts),
        },
        _ => match single(key.kind, content, !findings.is_full()) {
            Ok(good) => Some(good),
            Err((message, remedy)) => {
                findings.error(value.span(), message, remedy);
                None
            }
        },
    }
}

/// A value that is no list. `advise`: costly advice is wanted.
fn single(kind: Kind, content: &DeValue<'_>, advise: bool) -> Result<Value, Refusal> {
    match (kind, content) {
        (Kind::Switch, DeValue::Boolean(switch)) => Ok(Value::Switch(*switch)),
        (Kind::Count(least, most), DeValue::Integer(number)) => {
            let read = i128::from_str_radix(number.as_str(), number.radix()).ok();
            let count = read
                .and_then(|count| u64::try_from(count).ok())
                .filter(|count| (least..=most).contains(count));
            count.map(Value::Count).ok_or_else(|| {
                (
                    format!("{} is out of bounds", shown(&number.to_string())),
                    format!("write a number from {least} to {most}"),
                )
            })
        }
        (Kind::Share, DeValue::Integer(number)) => share(number.as_str()),
        (Kind::Share, DeValue::Float(number)) => share(number.as_str()),
        (Kind::Size(least, most), DeValue::Integer(number)) => size_within(&number.to_string(), least, most),
        (Kind::Size(least, most), DeValue::String(text)) => size_within(text, least, most),
        (Kind::Duration(least, most), DeValue::String(text)) => duration_within(text, least, most),
        (Kind::Zone, DeValue::String(text)) => zone(text, advise).map(Value::Zone),
        (_, DeValue::String(text)) => of_text(kind, text),
        _ => Err(wrong_type(kind, content)),
    }
}

/// The kinds that are written as one text and have no bounds.
fn of_text(kind: Kind, text: &str) -> Result<Value, Refusal> {
    match kind {
        Kind::Text | Kind::Folder | Kind::File => line_of_text(text).map(Value::Text),
        Kind::Passage => passage(text).map(Value::Text),
        Kind::FieldValue => super::fields::field_value(text).map(Value::Text),
        Kind::ProxyAddress => proxy_address(text).map(Value::Address),
        Kind::SiteAddress => site_address(text).map(Value::Address),
        Kind::SourceAddress => source_address(text).map(Value::Address),
        Kind::Language => language(text).map(Value::Text),
        Kind::Cron => cron(text).map(Value::Text),
        Kind::Listen => listen(text).map(Value::Text),
        Kind::SourceName => source_name(text).map(Value::Text),
        Kind::CategoryName => category_name(text).map(Value::Text),
        Kind::Choice(served, later) => choice(text, served, later).map(Value::Text),
        _ => Err(wrong_type(kind, &DeValue::String(text.into()))),
    }
}

pub(super) fn wrong_type(kind: Kind, content: &DeValue<'_>) -> Refusal {
    let found = match content {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a broken number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let (wanted, example) = wanted(kind);
    (
        format!("this is {found} where {wanted} belongs"),
        format!("write for example {example}"),
    )
}

/// What a kind is called, and an example of it in TOML.
pub(crate) fn wanted(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text | Kind::Passage => ("a text", "\"some words\""),
        Kind::SiteAddress => ("an address", "\"https://news.example.org\""),
        Kind::SourceAddress => ("an address", "\"https://www.example.org/rss.xml\""),
        Kind::Language => ("a language", "\"en\""),
        Kind::Zone => ("a time zone", "\"Asia/Shanghai\""),
        Kind::Cron => ("a cron pattern", "\"*/10 6-23 * * *\""),
        Kind::Listen => ("an address to listen on", "\"127.0.0.1:8080\""),
        Kind::Folder => ("a folder", "\"newsriver.store\""),
        Kind::File => ("a file", "\"example.password\""),
        Kind::FieldValue => ("a text", "\"some words\""),
        Kind::Fields => ("a table of header fields", "{ Accept-Language = \"zh\" }"),
        Kind::ProxyAddress => ("the address of a proxy", "\"socks5://127.0.0.1:1080\""),
        Kind::SourceName | Kind::CategoryName => ("a name", "\"finance\""),
        Kind::CategoryReferences => (
            "a category or a list of categories",
            "\"finance\" or [\"finance\", \"world\"]",
        ),
        Kind::CategoryNames | Kind::Texts => ("a list of texts", "[\"one\", \"two\"]"),
        Kind::Addresses => ("a list of addresses", "[\"https://hub.example.org/\"]"),
        Kind::Rewrite => (
            "a table of what goes",
            "{ title = [\"独家：\"], parameters = [\"sid\"] }",
        ),
        Kind::Rule => (
            "a rule",
            "{ any = [\"GDP\", \"/interest rates?/\"], none = [\"sports\"] }",
        ),
        Kind::Filter => ("a list of terms or a rule", "[\"sports\", \"/horoscopes?/\"]"),
        Kind::Switch => ("true or false", "true"),
        Kind::Count(..) => ("a whole number", "50"),
        Kind::Share => ("a number from 0 to 1", "0.7"),
        Kind::Duration(..) => ("a duration", "\"30m\", \"1h 30m\" or \"2 days\""),
        Kind::Size(..) => ("a size", "\"16MiB\""),
        Kind::Choice(..) => ("a word", "one of the words it may be"),
        Kind::Later => ("nothing yet", "nothing"),
    }
}

/// A list of texts, each good by itself.
fn texts(
    findings: &mut Findings<'_>,
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    good: impl Fn(&str) -> Result<String, Refusal>,
) -> Option<Vec<(Range<usize>, String)>> {
    let DeValue::Array(array) = value.get_ref() else {
        let (message, remedy) = wrong_type(key.kind, value.get_ref());
        findings.error(value.span(), message, remedy);
        return None;
    };
    let mut read = Vec::with_capacity(array.len());
    for element in array.iter() {
        let result = match element.get_ref() {
            DeValue::String(text) => good(text),
            other => Err(wrong_type(Kind::Text, other)),
        };
        match result {
            Ok(text) => read.push((element.span(), text)),
            Err((message, remedy)) => findings.error(element.span(), message, remedy),
        }
    }
    Some(read)
}

fn line_of_text(text: &str) -> Result<String, Refusal> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err((
            "this text is empty".to_owned(),
            "write something, or leave the key out".to_owned(),
        ));
    }
    if trimmed.chars().any(char::is_control) {
        return Err((
            "this text has a line break or another control character".to_owned(),
            "write it on one line".to_owned(),
        ));
    }
    if trimmed.len() > 4096 {
        return Err((
            "this text is longer than 4096 bytes".to_owned(),
            "shorten it".to_owned(),
        ));
    }
    Ok(trimmed.to_owned())
}

fn passage(text: &str) -> Result<String, Refusal> {
    const MOST_BYTES: usize = 64 << 10;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return line_of_text(trimmed);
    }
    if trimmed.len() > MOST_BYTES {
        return Err((
            "this text is longer than 64 KiB".to_owned(),
            "shorten it: its beginning says enough".to_owned(),
        ));
    }
    Ok(trimmed.to_owned())
}

fn share(written: &str) -> Result<Value, Refusal> {
    let share = written
        .parse::<f32>()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.map(Value::Share).ok_or_else(|| {
        (
            format!("{} is out of bounds", shown(written)),
            "write a number from 0 to 1, as in 0.7".to_owned(),
        )
    })
}

fn duration_within(text: &str, least: u64, most: u64) -> Result<Value, Refusal> {
    let (shortest, longest) = (Duration::from_millis(least), Duration::from_millis(most));
    let example = "write a duration as in \"30m\", \"1h 30m\", \"2 days\" or \"1w\"".to_owned();
    let read = duration(text).map_err(|fault| (format!("\"{}\" {fault}", shown(text)), example))?;
    if read < shortest || read > longest {
        let bounds = format!(
            "write one from {} to {}",
            duration_words(shortest),
            duration_words(longest)
        );
        return Err((format!("\"{}\" is out of bounds", shown(text)), bounds));
    }
    Ok(Value::Duration(read))
}

fn size_within(text: &str, least: u64, most: u64) -> Result<Value, Refusal> {
    let example = "write a size as in \"16MiB\" or \"10GiB\"".to_owned();
    let read = size(text).map_err(|fault| (format!("\"{}\" {fault}", shown(text)), example))?;
    // The largest number of all is where a size too large for any disk ends up.
    if read < least || read > most || read == u64::MAX {
        let least = size_words(least);
        let bounds = if most == u64::MAX {
            format!("write one of at least {least}")
        } else {
            format!("write one from {least} to {}", size_words(most))
        };
        return Err((format!("\"{}\" is out of bounds", shown(text)), bounds));
    }
    Ok(Value::Size(read))
}

/// An address with one of these schemes and without password. Messages never carry the address: it may hold a secret.
fn address(text: &str, schemes: &[&str], example: &str) -> Result<Url, Refusal> {
    let example = || format!("write the whole address, as in \"{example}\"");
    if text.len() > 8192 {
        return Err(("this address is longer than 8192 bytes".to_owned(), example()));
    }
    let url = Url::parse(text.trim()).map_err(|error| (format!("this is no address: {error}"), example()))?;
    if !schemes.contains(&url.scheme()) {
        return Err((
            format!("`{}:` addresses cannot be used here", shown(url.scheme())),
            format!("write one that begins with {}", in_a_row(schemes)),
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err((
            "this address carries a user name or password".to_owned(),
            "take what stands before the `@` out of it: the name belongs in `username`, the password in a file that `password_file` names".to_owned(),
        ));
    }
    Ok(url)
}

/// `` `http:` or `https:` ``.
fn in_a_row(schemes: &[&str]) -> String {
    let words: Vec<String> = schemes.iter().map(|scheme| format!("`{scheme}:`")).collect();
    words.join(" or ")
}

/// A file's address passes here; whether files may be polled at all is said by `[fetch]`.
fn source_address(text: &str) -> Result<Url, Refusal> {
    if text
        .trim_start()
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("file:"))
    {
        return file_address(text.trim());
    }
    address(text, &["http", "https"], "https://www.example.org/rss.xml").map(|mut url| {
        url.set_fragment(None);
        url
    })
}

fn file_address(text: &str) -> Result<Url, Refusal> {
    let url = Url::parse(text).ok().filter(|url| {
        url.host_str().is_none_or(str::is_empty)
            && url.query().is_none()
            && url.fragment().is_none()
            && url.to_file_path().is_ok()
            && !url.path().ends_with('/')
    });
    url.ok_or_else(|| {
        (
            "this is no address of a file on this machine".to_owned(),
            "write three slashes and the whole path, `?` and `#` as %3F and %23: \"file:///var/lib/scripts/feed.xml\""
                .to_owned(),
        )
    })
}

fn proxy_address(text: &str) -> Result<Url, Refusal> {
    const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
    let example = "socks5://127.0.0.1:1080";
    let url = address(text, &SCHEMES, example).map_err(|(message, remedy)| {
        if message.contains("user name") {
            let remedy =
                "a proxy that wants a password is not supported: let it know this machine by its address";
            (message, remedy.to_owned())
        } else {
            (message, remedy)
        }
    })?;
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if url.host_str().is_none_or(str::is_empty) || !is_bare {
        return Err((
            "this is no address of a proxy".to_owned(),
            format!("write scheme, host and port alone, as in \"{example}\""),
        ));
    }
    Ok(url)
}

fn site_address(text: &str) -> Result<Url, Refusal> {
    let mut url = address(text, &["http", "https"], "https://news.example.org")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err((
            "the address of the site has a `?` or `#`".to_owned(),
            "end it with its path: all routes are made by adding to it".to_owned(),
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn language(text: &str) -> Result<String, Refusal> {
    let mut parts = text.split('-');
    let is_first =
        |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_next =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if parts.next().is_some_and(is_first) && parts.all(is_next) {
        Ok(text.to_owned())
    } else {
        Err((
            format!("\"{}\" is no language", shown(text)),
            "write its BCP 47 name, as in \"en\", \"zh\" or \"zh-Hant\"".to_owned(),
        ))
    }
}

fn zone(text: &str, advise: bool) -> Result<Tz, Refusal> {
    text.parse::<Tz>().map_err(|_| {
        // Some six hundred names are compared.
        let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let near = if advise { names::nearest(text, zones) } else { None };
        let remedy = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write its IANA name, as in \"Asia/Shanghai\" or \"UTC\"".to_owned(),
        };
        (format!("\"{}\" is no time zone", shown(text)), remedy)
    })
}

fn cron(text: &str) -> Result<String, Refusal> {
    super::cron_pattern(text).map(|_| text.trim().to_owned()).map_err(|fault| {
        (
            format!("\"{}\" is no cron pattern: {fault}", shown(text)),
            "write minute, hour, day, month and weekday, with seconds before them if need be: \"*/10 6-23 * * *\"".to_owned(),
        )
    })
}

fn listen(text: &str) -> Result<String, Refusal> {
    let is_good = text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_host = if host.contains(':') {
            host.starts_with('[') && text.parse::<std::net::SocketAddr>().is_ok()
        } else {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        };
        is_host
            && !port.is_empty()
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok()
    });
    if is_good {
        Ok(text.to_owned())
    } else {
        Err((
            format!("\"{}\" is no address to listen on", shown(text)),
            "write HOST:PORT, as in \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned(),
        ))
    }
}

fn source_name(text: &str) -> Result<String, Refusal> {
    match names::segment_fault(text) {
        None => Ok(text.to_owned()),
        Some(fault) => Err((
            format!("the name \"{}\" {fault}", shown(text)),
            "a source's name is one segment of a path, at most 60 characters, as in \"example-world\""
                .to_owned(),
        )),
    }
}

fn category_name(text: &str) -> Result<String, Refusal> {
    match names::category_fault(text) {
        None => Ok(text.to_owned()),
        Some(fault) => Err((
            format!("the category name \"{}\" {fault}", shown(text)),
            "choose another: it is one segment of a path, any script, at most 60 characters; what people read is `title`".to_owned(),
        )),
    }
}

fn choice(text: &str, served: &[&str], later: &[&str]) -> Result<String, Refusal> {
    if served.contains(&text) {
        return Ok(text.to_owned());
    }
    let all = served
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(", ");
    if later.contains(&text) {
        return Err((
            format!("\"{text}\" is not yet supported"),
            format!("this version knows {all}"),
        ));
    }
    let near = names::nearest(text, served.iter().copied())
        .map(|near| format!("did you mean \"{near}\"? "))
        .unwrap_or_default();
    Err((
        format!("\"{}\" is none of the words that may stand here", shown(text)),
        format!("{near}it is one of {all}"),
    ))
}
