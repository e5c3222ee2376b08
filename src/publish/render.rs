//! An edition in one form: the one place that knows which writer is whose.

use super::channel::Form;
use super::document::Draft;
use super::edition::Edition;
use super::error::Error;
use super::{atom, json_feed, page, rss};

/// The document of this form, without its age.
pub(crate) fn draft(edition: &Edition, form: Form) -> Result<Draft, Error> {
    let path = edition.path(form);
    let bytes = match form {
        Form::Page => page::write(edition),
        Form::Rss => rss::write(edition).map_err(|error| failed(&path, "RSS", error))?,
        Form::Atom => atom::write(edition).map_err(|error| failed(&path, "Atom", error))?,
        Form::Json => json_feed::write(edition).map_err(|error| failed(&path, "JSON Feed", error))?,
    };
    Ok(Draft::new(path, form.content_type(), bytes))
}

fn failed(path: &str, format: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Format {
        path: path.to_owned(),
        format,
        source: Box::new(error),
    }
}
