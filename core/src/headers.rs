//! Headers: names and JSON values, which may be secrets.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::DecodeError;
use crate::json::push_string;

/// The headers of a message: names and JSON values.
///
/// Values count as secrets (a token, an API key): `Debug` shows the names only.
///
/// ```
/// # use leptos_socket_core::Headers;
/// let mut headers = Headers::new().with("token", "XYZ").with("attempt", 2);
/// assert_eq!(headers.get("attempt").map(|value| value.decode()), Some(Ok(2)));
/// assert!(!format!("{headers:?}").contains("XYZ"));
///
/// headers.insert("attempt", 3);
/// headers.remove("token");
/// assert_eq!(headers, Headers::from_iter([("attempt", 3)]));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Sorted by name: there is seldom more than a handful.
    entries: Vec<(String, HeaderValue)>,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// These headers and one more. It replaces a header of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.insert(name, value);
        self
    }

    /// Sets the header `name`, and returns the value that it had.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Option<HeaderValue> {
        self.set(name.into(), value.into())
    }

    /// Sets all of `headers`, over those that are there.
    ///
    /// ```
    /// # use leptos_socket_core::Headers;
    /// let mut headers = Headers::new().with("token", "old").with("app", 1);
    /// headers.insert_all(&Headers::new().with("token", "new"));
    /// assert_eq!(headers, Headers::new().with("token", "new").with("app", 1));
    /// ```
    pub fn insert_all(&mut self, headers: &Self) {
        for (name, value) in &headers.entries {
            self.set(name.clone(), value.clone());
        }
    }

    /// Removes the header `name`, and returns the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<HeaderValue> {
        self.find(name).ok().map(|at| self.entries.remove(at).1)
    }

    /// The value of the header `name`. Names are case-sensitive, as they are on the servers.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.find(name).ok().map(|at| &self.entries[at].1)
    }

    /// All headers, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many headers there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn set(&mut self, name: String, value: HeaderValue) -> Option<HeaderValue> {
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (name, value));
                None
            }
        }
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Appends a JSON object of these headers over `under`, of which those with other names remain.
    pub(crate) fn write_over(&self, under: &Self, json: &mut String) {
        json.push('{');
        let remaining = under.entries.iter().filter(|(name, _)| self.find(name).is_err());
        for (nth, (name, value)) in remaining.chain(&self.entries).enumerate() {
            if nth > 0 {
                json.push(',');
            }
            push_string(json, name);
            json.push(':');
            json.push_str(&value.json);
        }
        json.push('}');
    }
}

impl<N: Into<String>, V: Into<HeaderValue>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        headers.into_iter().fold(Self::new(), |all, (name, value)| all.with(name, value))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers")?;
        f.debug_set().entries(self.entries.iter().map(|(name, _)| name)).finish()
    }
}

/// Takes a JSON object.
impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// The value of a header: any JSON, kept as text.
///
/// `Debug` does not show it, because it may be a secret.
///
/// ```
/// # use leptos_socket_core::{DecodeError, HeaderValue};
/// # use serde_json::json;
/// assert_eq!(HeaderValue::from("XYZ").as_json(), r#""XYZ""#);
/// assert_eq!(HeaderValue::from(7).decode::<u32>()?, 7);
/// assert_eq!(HeaderValue::from(json!({ "id": 7 })), HeaderValue::encode(&json!({ "id": 7 }))?);
/// assert_eq!(HeaderValue::from(None::<String>).as_json(), "null");
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderValue {
    json: String,
}

impl HeaderValue {
    #[cfg(feature = "record")]
    pub(crate) const fn from_json(json: String) -> Self {
        Self { json }
    }

    /// The value as JSON.
    ///
    /// # Errors
    ///
    /// The value does not serialise.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, DecodeError> {
        Ok(Self { json: serde_json::to_string(value).map_err(DecodeError::new)? })
    }

    /// The value decoded into a `T`.
    ///
    /// # Errors
    ///
    /// The value is not a `T`.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_str(&self.json).map_err(DecodeError::new)
    }

    /// The value as JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.json
    }
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderValue({} bytes)", self.json.len())
    }
}

impl From<&str> for HeaderValue {
    fn from(text: &str) -> Self {
        let mut json = String::with_capacity(text.len() + 2);
        push_string(&mut json, text);
        Self { json }
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for HeaderValue {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Value> for HeaderValue {
    fn from(value: Value) -> Self {
        Self { json: value.to_string() }
    }
}

/// `None` is `null`.
impl<T: Into<Self>> From<Option<T>> for HeaderValue {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self { json: "null".to_owned() }, Into::into)
    }
}

macro_rules! from_plain {
    ($($plain:ty),*) => {
        $(
            impl From<$plain> for HeaderValue {
                fn from(plain: $plain) -> Self {
                    Self { json: plain.to_string() }
                }
            }
        )*
    };
}

from_plain!(bool, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

#[cfg(test)]
mod tests {
    use super::*;

    fn written(over: &Headers, under: &Headers) -> String {
        let mut json = String::new();
        over.write_over(under, &mut json);
        json
    }

    #[test]
    fn headers_are_written_over_others_each_name_once() {
        let (over, under) =
            (Headers::new().with("b", 2).with("\"", "\n"), Headers::new().with("c", 3).with("b", 1).with("a", 1));
        let json: Value = serde_json::from_str(&written(&over, &under)).unwrap();
        assert_eq!(json, serde_json::json!({ "a": 1, "b": 2, "c": 3, "\"": "\n" }));
        assert_eq!(written(&Headers::new(), &Headers::new()), "{}");
    }

    #[test]
    fn any_json_object_is_headers() {
        let text = r#"{"token": "a\u00e9", "n": [1, 2.5, null], "o": {"x": true}}"#;
        let headers: Headers = serde_json::from_str(text).unwrap();
        let again: Value = serde_json::from_str(&written(&headers, &Headers::new())).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(text).unwrap());
        assert!(serde_json::from_str::<Headers>("[]").is_err());
    }
}
