//! What modules of RSS and Atom say: media, podcasts, places, licences, threads.

use super::{atom_entry, entry, feed};
use crate::model::{Extras, Point};

fn extras(inside: &str) -> Extras {
    *entry(inside).extras.unwrap()
}

#[test]
fn an_entry_without_modules_says_nothing_of_them() {
    assert_eq!(entry("<title>x</title>").extras, None);
    assert_eq!(
        entry("<title>x</title><itunes:title>x</itunes:title><geo:lat>1</geo:lat>").extras,
        None
    );
}

#[test]
fn a_media_group_is_one_thing_in_several_renditions() {
    let text = "<media:group xmlns:media='http://search.yahoo.com/mrss/'>\
        <media:content url='/a.mp4' type='video/mp4' medium='Video' fileSize='900' width='640' height='360px'
            bitrate='800' duration='61' isDefault='true' lang='en'/>\
        <media:content url='http://a.example/b.webm'/>\
        <media:title type='html'>a &amp;lt;b&amp;gt; c</media:title><media:description>d</media:description>\
        <media:thumbnail url='http://a.example/t.jpg' width='120' height='90'/>\
        <media:thumbnail url='http://a.example/u.jpg'/>\
        <media:credit role='Producer' scheme='urn:ebu'>Ada</media:credit><media:rating>nonadult</media:rating>\
        <media:player url='http://a.example/play'/><media:copyright>them</media:copyright></media:group>\
        <media:thumbnail url='http://a.example/v.jpg'/>";
    let entry = super::entry(&format!("<link>http://a.example/x</link>{text}"));
    assert_eq!(entry.enclosures.len(), 1, "a relative address needs a base");
    let media = entry.extras.unwrap().media;
    let [common, group] = media.as_slice() else {
        panic!("{media:?}")
    };
    assert_eq!(common.thumbnails[0].url, "http://a.example/v.jpg");
    assert_eq!(group.contents.len(), 1);
    assert_eq!(group.title.as_deref(), Some("a <b> c"));
    assert_eq!(group.description.as_deref(), Some("d"));
    assert_eq!(group.thumbnails.len(), 2);
    assert_eq!(
        (group.thumbnails[0].width, group.thumbnails[0].height),
        (Some(120), Some(90))
    );
    assert_eq!(group.credits[0].name, "Ada");
    assert_eq!(group.credits[0].role.as_deref(), Some("producer"));
    assert_eq!(group.rating.as_deref(), Some("nonadult"));
    assert_eq!(group.player.as_deref(), Some("http://a.example/play"));
    assert_eq!(group.copyright.as_deref(), Some("them"));
}

#[test]
fn a_rendition_is_read_with_all_its_sizes() {
    let media = extras(
        "<media:content url='http://a.example/a.mp4' type='video/mp4' medium='Video' fileSize='900' width='640'
            height='360px' bitrate='800' duration='61' isDefault='true' lang='en'><media:title>t</media:title></media:content>",
    )
    .media;
    let content = &media[0].contents[0];
    assert_eq!(content.mime_type.as_deref(), Some("video/mp4"));
    assert_eq!(content.medium.as_deref(), Some("video"));
    assert_eq!((content.length, content.duration_seconds), (Some(900), Some(61)));
    assert_eq!(
        (content.width, content.height, content.bitrate),
        (Some(640), Some(360), Some(800))
    );
    assert!(content.is_default);
    assert_eq!(content.language.as_deref(), Some("en"));
    assert_eq!(media[0].title.as_deref(), Some("t"));
}

#[test]
fn what_a_podcast_says_of_an_episode_is_read() {
    let said = extras(
        "<title>t</title><itunes:title>u</itunes:title><itunes:author>Ada</itunes:author><itunes:subtitle>s</itunes:subtitle>
         <itunes:summary><![CDATA[<p>long</p>]]></itunes:summary><itunes:image href='http://a.example/i.png'/>
         <itunes:duration>1:00</itunes:duration><itunes:episode>7</itunes:episode><itunes:season>2</itunes:season>
         <itunes:episodeType>Bonus</itunes:episodeType><itunes:explicit>clean</itunes:explicit>
         <podcast:transcript url='http://a.example/t.vtt' type='text/vtt' language='en' rel='captions'/>
         <podcast:chapters url='http://a.example/c.json' type='application/json+chapters'/>
         <podcast:person role='guest' group='cast' img='http://a.example/g.png' href='http://a.example/g'>Grace</podcast:person>
         <podcast:soundbite startTime='73.25' duration='60'>best</podcast:soundbite>
         <podcast:location geo='geo:30.27,-97.74'>Austin, TX</podcast:location>",
    );
    assert_eq!(said.podcast_title.as_deref(), Some("u"));
    assert_eq!(said.podcast_author.as_deref(), Some("Ada"));
    assert_eq!(said.podcast_subtitle.as_deref(), Some("s"));
    assert_eq!(said.podcast_summary.as_deref(), Some("long"));
    assert_eq!(said.podcast_image.as_deref(), Some("http://a.example/i.png"));
    assert_eq!(said.duration_seconds, Some(60));
    assert_eq!((said.episode, said.season), (Some(7), Some(2)));
    assert_eq!(said.episode_type.as_deref(), Some("bonus"));
    assert_eq!(said.is_explicit, Some(false));
    assert_eq!(said.transcripts[0].rel.as_deref(), Some("captions"));
    assert_eq!(said.chapters.unwrap().url, "http://a.example/c.json");
    assert_eq!(said.people[0].role.as_deref(), Some("guest"));
    assert_eq!(
        (said.soundbites[0].start_ms, said.soundbites[0].duration_ms),
        (73_250, 60_000)
    );
    assert_eq!(said.place.as_deref(), Some("Austin, TX"));
    assert_eq!(
        said.point,
        Some(Point {
            latitude: 30.27,
            longitude: -97.74
        })
    );
}

#[test]
fn what_a_podcast_says_of_itself_is_read() {
    let (feed, _) = feed(
        "<rss><channel><itunes:author>Ada</itunes:author><itunes:explicit>yes</itunes:explicit><itunes:type>Serial</itunes:type>
         <itunes:category text='Society'><itunes:category text='History'/></itunes:category>
         <podcast:guid>917393e3</podcast:guid><podcast:medium>Music</podcast:medium>
         <podcast:funding url='http://a.example/give'>Give!</podcast:funding>
         <creativeCommons:license>http://creativecommons.org/licenses/by/4.0/</creativeCommons:license><item/></channel></rss>",
    );
    let show = feed.show.unwrap();
    assert_eq!(show.author.as_deref(), Some("Ada"));
    assert_eq!(
        (show.is_explicit, show.kind.as_deref()),
        (Some(true), Some("serial"))
    );
    assert_eq!(show.categories, ["Society", "History"]);
    assert_eq!(show.guid.as_deref(), Some("917393e3"));
    assert_eq!(show.medium.as_deref(), Some("music"));
    assert_eq!(
        show.funding,
        [("http://a.example/give".to_owned(), "Give!".to_owned())]
    );
    assert_eq!(feed.licenses, ["http://creativecommons.org/licenses/by/4.0/"]);
}

#[test]
fn a_place_is_read_however_it_is_written() {
    let there = Some(Point {
        latitude: 45.256,
        longitude: -71.92,
    });
    for text in [
        "<georss:point>45.256 -71.92</georss:point>",
        "<georss:point>45.256, -71.92</georss:point>",
        "<georss:where><gml:Point><gml:pos>45.256 -71.92</gml:pos></gml:Point></georss:where>",
        "<geo:lat>45.256</geo:lat><geo:long>-71.92</geo:long>",
        "<geo:Point><geo:long>-71.92</geo:long><geo:lat>45.256</geo:lat></geo:Point>",
    ] {
        assert_eq!(extras(text).point, there, "{text}");
    }
    for nowhere in [
        "<georss:point>91 0</georss:point>",
        "<georss:point>north</georss:point>",
        "<geo:lat>1</geo:lat>",
    ] {
        assert_eq!(entry(nowhere).extras, None, "{nowhere}");
    }
}

#[test]
fn licences_and_threads_are_read() {
    let said = *atom_entry(
        "<link rel='license' href='http://creativecommons.org/licenses/by/4.0/'/>\
         <cc:license rdf:resource='http://creativecommons.org/licenses/by/4.0/'/>\
         <cc:license rdf:resource='http://creativecommons.org/licenses/by/2.5/'/>\
         <thr:in-reply-to xmlns:thr='http://purl.org/syndication/thread/1.0' ref='tag:a,1' href='p' type='text/html'/>\
         <link rel='replies' type='application/atom+xml' href='c' thr:count='10'/>",
    )
    .extras
    .unwrap();
    assert_eq!(
        said.licenses,
        [
            "http://creativecommons.org/licenses/by/4.0/",
            "http://creativecommons.org/licenses/by/2.5/"
        ]
    );
    assert_eq!(said.in_reply_to[0].id, "tag:a,1");
    assert_eq!(said.in_reply_to[0].link.as_deref(), Some("http://a.example/b/p"));
    assert_eq!(said.comment_count, Some(10));
    assert_eq!(
        extras("<slash:comments>0</slash:comments>").comment_count,
        Some(0)
    );
    assert_eq!(extras("<thr:total>3</thr:total>").comment_count, Some(3));
}

#[test]
fn a_comment_feed_is_a_link_for_replies() {
    let entry = entry("<wfw:commentRss>http://a.example/1/feed</wfw:commentRss>");
    assert_eq!(entry.links[0].rel, "replies");
    assert_eq!(entry.links[0].href, "http://a.example/1/feed");
}

#[test]
fn what_modules_say_is_bounded() {
    let many = "<media:content url='http://a.example/x'><media:credit>a</media:credit></media:content>\
                <podcast:person>p</podcast:person><podcast:transcript url='http://a.example/t'/>"
        .repeat(1000);
    let said = extras(&format!(
        "{many}<itunes:subtitle>{}</itunes:subtitle>",
        "央".repeat(5000)
    ));
    assert_eq!(said.media.len(), 32);
    assert_eq!((said.people.len(), said.transcripts.len()), (64, 32));
    assert!(said.podcast_subtitle.unwrap().len() <= 4096);
}
