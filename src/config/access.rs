//! How one source is asked: its own header fields, login, proxy and certificates, and what cannot go together.

use super::findings::Findings;
use super::section::Section;
use crate::model::{Access, Login};
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use url::Url;

/// What the admin wrote of it; nothing where he wrote nothing.
pub(super) fn read(
    findings: &mut Findings<'_>,
    section: &Section,
    url: &Url,
    folder: &Path,
) -> Option<Access> {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
    let file = |key| {
        let written = section.written_text(key)?;
        Some(place_of(written, folder, credentials.as_ref()))
    };
    let access = Access {
        user_agent: section.written_text("user_agent").map(str::to_owned),
        headers: section.fields("headers").to_vec(),
        cookie_file: file("cookie_file"),
        login: login(findings, section, file("password_file"), file("bearer_file")),
        proxy: section.address("proxy").map(Url::to_string),
        http1_only: section.switch("http1_only"),
        insecure_tls: section.switch("insecure_tls"),
        ca_file: file("ca_file"),
    };
    if access == Access::default() {
        return None;
    }
    warn(findings, section, url, &access);
    look_at_files(findings, section, &access);
    Some(access)
}

fn login(
    findings: &mut Findings<'_>,
    section: &Section,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
) -> Option<Login> {
    let username = section.written_text("username");
    if let (Some(span), true) = (section.span_of("bearer_file"), username.is_some()) {
        findings.error(
            span,
            "a source is asked with a token or with a name and a password, not with both",
            "remove `bearer_file`, or `username` and `password_file`",
        );
        return None;
    }
    match (username, password_file, token_file) {
        (Some(name), _, _) if name.contains(':') => {
            findings.error(
                section.span_of("username").unwrap_or_default(),
                "a name cannot hold a colon (RFC 7617)",
                "write the name alone; the password goes into a file that `password_file` names",
            );
            None
        }
        (Some(name), password_file, _) => Some(Login::Basic {
            username: name.to_owned(),
            password_file,
        }),
        (None, Some(_), _) => {
            findings.error(
                section.span_of("password_file").unwrap_or_default(),
                "there is a `password_file` but no `username`",
                "write the name that the password belongs to, or use `bearer_file` for a token",
            );
            None
        }
        (None, None, Some(token_file)) => Some(Login::Bearer { token_file }),
        (None, None, None) => None,
    }
}

/// What is allowed and most likely not meant.
fn warn(findings: &mut Findings<'_>, section: &Section, url: &Url, access: &Access) {
    let mut warning = |key, message: &str, remedy: &str| {
        if let Some(span) = section.span_of(key) {
            findings.warning(span, message.to_owned(), remedy.to_owned());
        }
    };
    if access.insecure_tls {
        warning(
            "insecure_tls",
            "the certificate of this source is NOT checked: anybody on the way can read and forge what it sends",
            "name its certificate, or that of its authority, in `ca_file` instead",
        );
    }
    if url.scheme() == "http" {
        for key in ["insecure_tls", "ca_file"] {
            warning(
                key,
                "this says nothing for an http address",
                "write https in `url`, or remove it",
            );
        }
        for key in ["password_file", "bearer_file", "cookie_file"] {
            warning(
                key,
                "this secret is sent in the clear: the address is http",
                "write https in `url` if the source has it",
            );
        }
    }
    if url.scheme() == "file" {
        for key in [
            "user_agent",
            "headers",
            "username",
            "bearer_file",
            "cookie_file",
            "proxy",
        ] {
            warning(key, "this says nothing for a file", "remove it");
        }
    }
}

/// What is odd about the files themselves; they may be put right while newsriver runs, so that nothing of it is an error.
fn look_at_files(findings: &mut Findings<'_>, section: &Section, access: &Access) {
    let login = match &access.login {
        Some(Login::Basic { password_file, .. }) => ("password_file", password_file.as_ref()),
        Some(Login::Bearer { token_file }) => ("bearer_file", Some(token_file)),
        None => ("password_file", None),
    };
    let files = [
        login,
        ("cookie_file", access.cookie_file.as_ref()),
        ("ca_file", access.ca_file.as_ref()),
    ];
    for (key, path) in files {
        let Some((path, span)) = path.zip(section.span_of(key)) else {
            continue;
        };
        match path.metadata() {
            Ok(found) if !found.is_file() => findings.warning(
                span,
                "this is no file",
                "name a file: polls of this source fail until it is one",
            ),
            Ok(found) if key != "ca_file" && found.permissions().mode() & 0o004 != 0 => findings.warning(
                span,
                "anybody on this machine can read this secret",
                "take the right to read it from others (chmod o-r), or hand it over with systemd's LoadCredential=",
            ),
            Ok(_) => {}
            Err(error) => findings.warning(
                span,
                format!("this file cannot be read here: {error}"),
                "put it there: polls of this source fail until it is (a credential of systemd is seen by the service alone)",
            ),
        }
    }
}

/// A bare name is that of a systemd credential where there is one; all else starts from the file's folder.
fn place_of(written: &str, folder: &Path, credentials: Option<&OsString>) -> PathBuf {
    let handed_over = credentials
        .filter(|_| !written.contains('/'))
        .map(|credentials| Path::new(credentials).join(written))
        .filter(|path| path.exists());
    handed_over.unwrap_or_else(|| folder.join(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_a_credential_where_there_is_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let credentials = folder.path().join("credentials");
        std::fs::create_dir(&credentials).unwrap();
        std::fs::write(credentials.join("pass"), "x").unwrap();
        let handed_over = credentials.clone().into_os_string();
        let place = |written, handed_over| place_of(written, Path::new("/etc/newsriver"), handed_over);
        assert_eq!(place("pass", Some(&handed_over)), credentials.join("pass"));
        assert_eq!(place("pass", None), Path::new("/etc/newsriver/pass"));
        assert_eq!(
            place("other", Some(&handed_over)),
            Path::new("/etc/newsriver/other")
        );
        assert_eq!(
            place("./pass", Some(&handed_over)),
            Path::new("/etc/newsriver/./pass")
        );
        assert_eq!(place("/run/pass", Some(&handed_over)), Path::new("/run/pass"));
    }
}
