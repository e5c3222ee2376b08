//! Certificates that must not be believed, and ports that speak something else.

use crate::fetching::FEED;
use crate::fetching::get;
use crate::fetching::origin::{Origin, answer};
use newsriver::fetch::{CertificateFault, Error};

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
    let self_signed = include_bytes!("../../fixtures/tls/self-signed.pem");
    let unknown_issuer = include_bytes!("../../fixtures/tls/unknown-issuer.pem");
    for (certificate, want) in [
        (&self_signed[..], CertificateFault::SelfSigned),
        (&unknown_issuer[..], CertificateFault::UnknownIssuer),
    ] {
        let port = tls_server(certificate);
        let error = get(&format!("https://localhost:{port}/")).await.unwrap_err();
        assert!(
            matches!(error, Error::Certificate { fault, .. } if fault == want),
            "{error:?}"
        );
    }
}

/// A TLS server with this certificate, for one handshake.
fn tls_server(certificate: &[u8]) -> u16 {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let key = include_bytes!("../../fixtures/tls/key.pem");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate).unwrap()],
            PrivateKeyDer::from_pem_slice(key).unwrap(),
        )
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(config.into()).unwrap();
        let _ = connection.complete_io(&mut stream);
    });
    port
}
