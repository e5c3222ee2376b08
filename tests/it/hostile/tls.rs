//! Certificates that must not be believed, ports that speak something else, and what the admin may say about both.

use crate::fetching::origin::{Origin, answer};
use crate::fetching::{FEED, fetcher, get, request};
use newsriver::fetch::{CertificateFault, Error, Request};
use newsriver::model::Access;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

/// A TLS server with this certificate, for one connection; tells which protocol was agreed on.
struct TlsServer {
    port: u16,
    protocol: mpsc::Receiver<Option<Vec<u8>>>,
}

impl TlsServer {
    fn with(certificate: &str) -> Self {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let certificate = CertificateDer::from_pem_file(fixture(certificate)).unwrap();
        let key = PrivateKeyDer::from_pem_file(fixture("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, protocol) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = rustls::ServerConnection::new(config.into()).unwrap();
            if connection.complete_io(&mut socket).is_err() {
                return;
            }
            let agreed = connection.alpn_protocol().map(<[u8]>::to_vec);
            let _ = tell.send(agreed.clone());
            if agreed.as_deref() == Some(b"h2") {
                return;
            }
            let mut stream = rustls::Stream::new(&mut connection, &mut socket);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => head.push(byte[0]),
                    _ => return,
                }
            }
            let length = FEED.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(&[head.as_bytes(), FEED].concat());
            let _ = stream.flush();
        });
        Self { port, protocol }
    }

    fn asked(&self, access: Access) -> Request {
        Request {
            access: Some(Arc::new(access)),
            ..request(&format!("https://localhost:{}/", self.port))
        }
    }
}

fn trusting(ca_file: &str) -> Access {
    Access {
        ca_file: Some(fixture(ca_file)),
        http1_only: true,
        ..Access::default()
    }
}

#[tokio::test]
async fn plain_text_on_a_tls_port_is_said_to_be_that() {
    let origin = Origin::always(answer("200 OK", &[], FEED)).await;
    // The greeting of TLS has no blank line in it, so this origin speaks first.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let talker = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 64];
        let _ = stream.read(&mut greeting).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let error = get(&format!("https://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(error, Error::NotTls { .. }), "{error}");
    talker.await.unwrap();
    drop(origin);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_and_said_so() {
    for (certificate, want) in [
        ("self-signed.pem", CertificateFault::SelfSigned),
        ("unknown-issuer.pem", CertificateFault::UnknownIssuer),
        ("signed.pem", CertificateFault::UnknownIssuer),
    ] {
        let server = TlsServer::with(certificate);
        let error = fetcher().get(&server.asked(Access::default())).await.unwrap_err();
        assert!(
            matches!(error, Error::Certificate { fault, .. } if fault == want),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_authority_of_the_admins_is_trusted_for_what_it_signed_and_no_more() {
    let server = TlsServer::with("signed.pem");
    let fetched = fetcher().get(&server.asked(trusting("ca.pem"))).await.unwrap();
    assert_eq!(fetched.response.body, FEED);
    for (certificate, want) in [
        ("wrong-host.pem", CertificateFault::WrongHost),
        ("expired.pem", CertificateFault::Expired),
        ("unknown-issuer.pem", CertificateFault::UnknownIssuer),
    ] {
        let server = TlsServer::with(certificate);
        let error = fetcher()
            .get(&server.asked(trusting("ca.pem")))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Certificate { fault, .. } if fault == want),
            "{certificate}: {error:?}"
        );
    }
    let server = TlsServer::with("signed.pem");
    let error = fetcher()
        .get(&server.asked(trusting("README.md")))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the file that `ca_file` names cannot be used: it holds no certificates in PEM"),
        "{error}"
    );
}

#[tokio::test]
async fn any_certificate_is_taken_where_the_admin_says_so_and_at_that_host_alone() {
    let insecure = || Access {
        insecure_tls: true,
        http1_only: true,
        ..Access::default()
    };
    let server = TlsServer::with("self-signed.pem");
    assert!(fetcher().get(&server.asked(insecure())).await.is_ok());
    // The same server, but reached by a redirect from another host.
    let server = TlsServer::with("self-signed.pem");
    let away = format!("Location: https://localhost:{}/", server.port);
    let origin = Origin::always(answer("302 Found", &[&away], b"")).await;
    let asked = Request {
        access: Some(Arc::new(insecure())),
        ..request(&origin.url("/"))
    };
    let error = fetcher().get(&asked).await.unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
}

#[tokio::test]
async fn the_second_version_of_http_is_offered_unless_the_admin_says_no() {
    for (http1_only, want) in [(false, b"h2".to_vec()), (true, b"http/1.1".to_vec())] {
        let server = TlsServer::with("signed.pem");
        let access = Access {
            http1_only,
            ..trusting("ca.pem")
        };
        let done = fetcher().get(&server.asked(access)).await;
        assert_eq!(done.is_ok(), http1_only);
        // A client that offers one version alone may as well offer none.
        let agreed = server.protocol.recv().unwrap();
        assert!(agreed == Some(want) || (http1_only && agreed.is_none()));
    }
}
