//! Hosts that mean something in markup: players, whose frames become links, and counters, whose pictures go.

use url::Url;

/// Whether a frame at this address plays a film or a sound, at one of the houses that are known for it. Frames of
/// all others (advertisements, forms, counters) are nothing a reader misses.
pub(super) fn is_player(url: &Url) -> bool {
    is_among(url, &PLAYERS)
}

/// Whether pictures from this address count readers, whatever size they claim to have.
pub(super) fn is_counter(url: &Url) -> bool {
    is_among(url, &COUNTERS)
}

/// The host itself or one below it.
fn is_among(url: &Url, hosts: &[&str]) -> bool {
    let mut host = url.host_str().unwrap_or_default().trim_end_matches('.');
    loop {
        if hosts.binary_search(&host).is_ok() {
            return true;
        }
        match host.split_once('.') {
            Some((_, rest)) => host = rest,
            None => return false,
        }
    }
}

/// Sorted.
static PLAYERS: [&str; 75] = [
    "acast.com",
    "acfun.cn",
    "anchor.fm",
    "archive.org",
    "art19.com",
    "arte.tv",
    "ausha.co",
    "bandcamp.com",
    "bilibili.com",
    "blogger.com",
    "blubrry.com",
    "brightcove.net",
    "buzzsprout.com",
    "captivate.fm",
    "castbox.fm",
    "castos.com",
    "cdn.embedly.com",
    "cntv.cn",
    "coub.com",
    "dailymotion.com",
    "deezer.com",
    "douyin.com",
    "embed.music.apple.com",
    "embed.podcasts.apple.com",
    "fireside.fm",
    "framatube.org",
    "iqiyi.com",
    "ivoox.com",
    "ixigua.com",
    "jwplatform.com",
    "jwplayer.com",
    "kaltura.com",
    "libsyn.com",
    "loom.com",
    "media.ccc.de",
    "megaphone.fm",
    "mgtv.com",
    "mixcloud.com",
    "music.163.com",
    "nicovideo.jp",
    "odysee.com",
    "ok.ru",
    "omny.fm",
    "podbean.com",
    "podigee.com",
    "podigee.io",
    "rumble.com",
    "rutube.ru",
    "screencast.com",
    "simplecast.com",
    "sohu.com",
    "soundcloud.com",
    "spotify.com",
    "spreaker.com",
    "streamable.com",
    "ted.com",
    "tidal.com",
    "tiktok.com",
    "transistor.fm",
    "tudou.com",
    "tv.kakao.com",
    "tv.naver.com",
    "twitch.tv",
    "v.qq.com",
    "videopress.com",
    "vimeo.com",
    "vk.com",
    "weibo.com",
    "wistia.com",
    "wistia.net",
    "ximalaya.com",
    "youku.com",
    "youtu.be",
    "youtube-nocookie.com",
    "youtube.com",
];

/// Sorted. Pictures of the right size and shape are known by that; these come without one.
static COUNTERS: [&str; 10] = [
    "ad.doubleclick.net",
    "google-analytics.com",
    "googleadservices.com",
    "googlesyndication.com",
    "pixel.quantserve.com",
    "pixel.wp.com",
    "scorecardresearch.com",
    "stats.wordpress.com",
    "tags.bluekai.com",
    "visitor.feedsportal.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_lists_are_sorted() {
        assert!(PLAYERS.is_sorted() && COUNTERS.is_sorted());
    }

    #[test]
    fn a_host_is_known_with_all_below_it_and_no_other() {
        for player in [
            "https://youtube.com/embed/1",
            "https://www.youtube-nocookie.com/embed/1",
            "https://w.soundcloud.com/player/?url=1",
            "https://player.bilibili.com/player.html?aid=1",
        ] {
            assert!(is_player(&url(player)), "{player}");
        }
        for other in [
            "https://notyoutube.com/",
            "https://youtube.com.evil.example/",
            "https://com/",
            "https://127.0.0.1/",
        ] {
            assert!(!is_player(&url(other)), "{other}");
        }
        assert!(is_counter(&url("https://pixel.wp.com/b.gif?x=1")));
        assert!(!is_counter(&url("https://wp.com/i.png")));
    }
}
