//! The sample texts, read from the files in `samples/`, all invented for this purpose.
//!
//! A file opens with `# ` lines of remark. Each text opens with `## TITLE`, then lines of `author:`, `tags:`
//! (with commas), `summary:` and, where there is one, `correction:` (what a later edition of the text adds) and
//! `enclosure: NAME MIME-TYPE BYTES`; then paragraphs of HTML with blank lines between. `{n}` and `{place}` stand
//! for a number and a place name, other ones each time the text is used, so that no two uses read alike.

/// One text of a file, with its placeholders still in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Plain text.
    pub(super) title: &'static str,
    /// A name.
    pub(super) author: &'static str,
    /// The publisher's own sections.
    pub(super) tags: Vec<&'static str>,
    /// Plain text, one sentence.
    pub(super) summary: &'static str,
    /// What a later edition adds.
    pub(super) correction: Option<&'static str>,
    /// An attached file.
    pub(super) enclosure: Option<Attachment>,
    /// HTML, each a paragraph's inside or a block element.
    pub(super) paragraphs: Vec<&'static str>,
}

/// A file attached to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attachment {
    /// The last segment of its path.
    pub(super) name: &'static str,
    /// Its media type.
    pub(super) mime_type: &'static str,
    /// What the feed says of its size.
    pub(super) length: u64,
}

/// What stands for `{n}` and `{place}` in one use of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filling {
    /// For `{n}`.
    pub(super) number: u64,
    /// For `{place}`.
    pub(super) place: &'static str,
}

impl Filling {
    /// `text` with its placeholders filled in.
    pub(super) fn apply(self, text: &str) -> String {
        text.replace("{n}", &self.number.to_string())
            .replace("{place}", self.place)
    }
}

/// The texts of one file, in its order. Lines that belong to nothing are left out.
pub(super) fn read(file: &'static str) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut in_head = false;
    for line in file.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            samples.push(Sample {
                title: title.trim(),
                ..Sample::default()
            });
            in_head = true;
        } else if line.is_empty() {
            in_head = false;
        } else if let Some(sample) = samples.last_mut() {
            if in_head {
                read_head(sample, line);
            } else {
                sample.paragraphs.push(line);
            }
        }
    }
    samples
}

fn read_head(sample: &mut Sample, line: &'static str) {
    let Some((field, value)) = line.split_once(": ") else {
        return;
    };
    let value = value.trim();
    match field {
        "author" => sample.author = value,
        "tags" => sample.tags = value.split(',').map(str::trim).collect(),
        "summary" => sample.summary = value,
        "correction" => sample.correction = Some(value),
        "enclosure" => sample.enclosure = read_attachment(value),
        _ => {}
    }
}

fn read_attachment(value: &'static str) -> Option<Attachment> {
    let mut words = value.split_whitespace();
    Some(Attachment {
        name: words.next()?,
        mime_type: words.next()?,
        length: words.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# A remark.\n\n## One {n}\nauthor: A. B.\ntags: x, y z\nsummary: Short: and sweet.\n\
        enclosure: a.mp3 audio/mpeg 12\n\nFirst of {place}.\n\n<pre>a\n</pre>\n\n## Two\nsummary: S\n\nOnly.\n";

    #[test]
    fn a_file_is_read_into_its_texts() {
        let samples = read(FILE);
        assert_eq!(samples.len(), 2);
        let one = &samples[0];
        assert_eq!(one.author, "A. B.");
        assert_eq!(one.tags, ["x", "y z"]);
        assert_eq!(one.summary, "Short: and sweet.");
        assert_eq!(one.enclosure.map(|file| file.length), Some(12));
        assert_eq!(one.paragraphs, ["First of {place}.", "<pre>a", "</pre>"]);
        assert_eq!(samples[1].correction, None);
    }

    #[test]
    fn placeholders_are_filled_in() {
        let filling = Filling {
            number: 7,
            place: "Gullhaven",
        };
        assert_eq!(filling.apply("{n} to {place}, {n}"), "7 to Gullhaven, 7");
    }
}
