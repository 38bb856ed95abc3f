//! How a body is packed for its way: the header `Content-Encoding`.

use std::io::{self, Read};

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::http::problem::Problem;

/// The largest window of a zstd frame, as a power of two: RFC 9659 allows no larger one on the Web. Unpacking
/// takes that much memory beside the result.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// An encoding that the service unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncoding {
    Gzip,
    Zstd,
}

/// Why a body is not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpackFault {
    /// It unpacks to more than it may.
    TooLong,
    /// It is cut off, damaged or packed in another way.
    Broken,
}

impl ContentEncoding {
    /// The encoding that the headers name, if they name any.
    ///
    /// # Errors
    /// 415 for one that is not known, and for several on top of each other.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter();
        let mut named = values
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
        let Some(name) = named.next() else { return Ok(None) };
        match (Self::parse(name), named.next()) {
            (Some(encoding), None) => Ok(Some(encoding)),
            _ => Err(Problem::encoding_unsupported()),
        }
    }

    fn parse(name: &[u8]) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match () {
            () if is("gzip") || is("x-gzip") => Some(Self::Gzip),
            () if is("zstd") => Some(Self::Zstd),
            () => None,
        }
    }

    /// The media type of a body that is kept packed, because it does not unpack.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => "application/gzip",
            Self::Zstd => "application/zstd",
        }
    }

    /// How many bytes a body unpacks to, counted without keeping any: memory is taken for what there is, and
    /// a body that would be too long costs no more than the most that it may be.
    ///
    /// # Errors
    /// [`UnpackFault`], the first that is met.
    pub fn unpacked_bytes(self, packed: &[u8], bytes_max: usize) -> Result<usize, UnpackFault> {
        let one_more = bytes_max as u64 + 1;
        let mut reader = self.reader(packed).map_err(|_| UnpackFault::Broken)?.take(one_more);
        let bytes = io::copy(&mut reader, &mut io::sink()).map_err(|_| UnpackFault::Broken)?;
        usize::try_from(bytes).ok().filter(|bytes| *bytes <= bytes_max).ok_or(UnpackFault::TooLong)
    }

    /// Unpacks a body of which [`ContentEncoding::unpacked_bytes`] has found the length.
    ///
    /// # Errors
    /// [`UnpackFault::Broken`] when it does not unpack.
    pub fn unpack(self, packed: &[u8], unpacked_bytes: usize) -> Result<Vec<u8>, UnpackFault> {
        let mut body = vec![0; unpacked_bytes];
        let read = self.reader(packed).and_then(|mut reader| reader.read_exact(&mut body));
        read.map(|()| body).map_err(|_| UnpackFault::Broken)
    }

    fn reader(self, packed: &[u8]) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(packed)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
        })
    }
}

/// Lets in no body that is packed: for routes that take no deliveries, and would read it as it is.
///
/// # Errors
/// 415 for any encoding but `identity`.
pub async fn refuse_packed(request: Request, next: Next) -> Result<Response, Problem> {
    match ContentEncoding::of(request.headers()) {
        Ok(None) => Ok(next.run(request).await),
        _ => Err(Problem::packed_body_unsupported()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::Write as _;

    use axum::http::HeaderValue;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(encoding: ContentEncoding, body: &[u8]) -> Vec<u8> {
        match encoding {
            ContentEncoding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            ContentEncoding::Zstd => zstd::encode_all(body, 3).unwrap(),
        }
    }

    #[test]
    fn the_length_is_exact_and_one_byte_more_is_too_long() {
        for encoding in [ContentEncoding::Gzip, ContentEncoding::Zstd] {
            for body in [&b""[..], b"{}", &[b'x'; 300_000]] {
                let packed = packed(encoding, body);
                assert_eq!(encoding.unpacked_bytes(&packed, body.len()), Ok(body.len()));
                assert_eq!(encoding.unpack(&packed, body.len()).unwrap(), body);
                if let Some(less) = body.len().checked_sub(1) {
                    assert_eq!(encoding.unpacked_bytes(&packed, less), Err(UnpackFault::TooLong));
                }
            }
        }
    }

    #[test]
    fn several_parts_one_after_another_are_one_body() {
        for encoding in [ContentEncoding::Gzip, ContentEncoding::Zstd] {
            let both = [packed(encoding, b"one"), packed(encoding, b"two")].concat();
            assert_eq!(encoding.unpacked_bytes(&both, 100), Ok(6));
            assert_eq!(encoding.unpack(&both, 6).unwrap(), b"onetwo");
        }
    }

    #[test]
    fn what_is_cut_off_or_followed_by_anything_else_is_broken() {
        for encoding in [ContentEncoding::Gzip, ContentEncoding::Zstd] {
            let whole = packed(encoding, &[b'x'; 100]);
            for end in 1..whole.len() {
                let cut = encoding.unpacked_bytes(&whole[..end], 1_000);
                assert_eq!(cut, Err(UnpackFault::Broken), "{encoding:?} cut at {end} of {}", whole.len());
            }
            let longer = [&whole[..], b"and more"].concat();
            assert_eq!(encoding.unpacked_bytes(&longer, 1_000), Err(UnpackFault::Broken), "{encoding:?}");
            assert_eq!(encoding.unpacked_bytes(b"{\"attempt_id\":7}", 1_000), Err(UnpackFault::Broken));
        }
    }

    #[test]
    fn a_window_that_takes_more_memory_than_the_web_allows_is_broken() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(ZSTD_WINDOW_LOG_MAX + 1).unwrap();
        // Without a length, the frame states the whole window.
        encoder.write_all(&[b'x'; 100]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(ContentEncoding::Zstd.unpacked_bytes(&packed, 1_000), Err(UnpackFault::Broken));
    }

    #[test]
    fn one_known_encoding_is_taken_and_no_other_header() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            ContentEncoding::of(&headers).map_err(|problem| problem.status().as_u16())
        };
        for none in [&[][..], &[""], &["identity"], &["identity, Identity", ","]] {
            assert_eq!(of(none), Ok(None), "{none:?}");
        }
        for gzip in [&["gzip"][..], &["X-GZIP"], &["identity, gzip"]] {
            assert_eq!(of(gzip), Ok(Some(ContentEncoding::Gzip)), "{gzip:?}");
        }
        assert_eq!(of(&[" Zstd "]), Ok(Some(ContentEncoding::Zstd)));
        for other in [&["br"][..], &["deflate"], &["gzip, gzip"], &["gzip", "zstd"], &["gzip;q=1"]] {
            assert_eq!(of(other), Err(415), "{other:?}");
        }
    }
}
