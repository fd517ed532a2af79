//! What `#[route(..)]` and `#[push(..)]` say, or what is wrong with them.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Data, DeriveInput, Error, Ident, LitStr, Meta, Path, Result, Token, Type, parse_quote, token};

/// One of the two attributes, and how to write it.
pub(crate) struct Syntax {
    attribute: &'static str,
    derive: &'static str,
    example: &'static str,
    /// How to write what may follow the name: a word, and the value that it needs.
    words: &'static [&'static str],
}

const NAME: &str = "the name";
const RESPONSE: &str = "response = Type";
const IDEMPOTENT: &str = "idempotent";
const BULK: &str = "bulk";
const CRATE: &str = "crate = path";

pub(crate) const ROUTE: Syntax = Syntax {
    attribute: "route",
    derive: "Route",
    example: r#"#[route("sayHello", response = String)]"#,
    words: &[RESPONSE, IDEMPOTENT, BULK, CRATE],
};

pub(crate) const PUSH: Syntax =
    Syntax { attribute: "push", derive: "Push", example: r#"#[push("tick")]"#, words: &[CRATE] };

/// What the attribute says. Several of them count as one, as with serde's.
pub(crate) struct Attribute {
    pub(crate) name: LitStr,
    /// Every route has it, and no push.
    pub(crate) response: Option<Type>,
    pub(crate) idempotent: bool,
    pub(crate) bulk: bool,
    /// Where the traits are.
    pub(crate) krate: Path,
}

impl Syntax {
    /// Reads the attributes of a type. The error holds everything that is wrong with them.
    pub(crate) fn read(&self, input: &DeriveInput) -> Result<Attribute> {
        let Self { attribute, example, .. } = self;
        let mut reader = Reader::new(self);
        if let Data::Union(data) = &input.data {
            let text = format!("a union cannot be a {attribute}: use a struct or an enum");
            reader.errors.push(Error::new_spanned(data.union_token, text));
        }
        let attributes = || input.attrs.iter().filter(|found| found.path().is_ident(attribute));
        for found in attributes() {
            // Without parentheses nothing is read, so `report_missing` tells what to write.
            if let Meta::List(list) = &found.meta {
                let read = list.parse_args_with(|arguments: ParseStream<'_>| reader.read(arguments));
                reader.errors.extend(read.err());
            }
        }
        if let Some(first) = attributes().next() {
            reader.report_missing(first);
        } else {
            let text = format!("`{}` needs `#[{attribute}(..)]` above it, as in `{example}`", input.ident);
            reader.errors.push(Error::new_spanned(&input.ident, text));
        }
        let all = reader.errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map_or(Ok(reader.read), Err)
    }
}

struct Reader<'a> {
    syntax: &'a Syntax,
    /// Starts with placeholders. Complete if there are no errors.
    read: Attribute,
    /// What was written, rightly or wrongly, so it is not missing.
    seen: Vec<String>,
    errors: Vec<Error>,
}

impl<'a> Reader<'a> {
    fn new(syntax: &'a Syntax) -> Self {
        let name = LitStr::new("", Span::call_site());
        let krate = parse_quote!(::leptos_socket);
        let read = Attribute { name, response: None, idempotent: false, bulk: false, krate };
        Self { syntax, read, seen: Vec::new(), errors: Vec::new() }
    }

    fn read(&mut self, input: ParseStream<'_>) -> Result<()> {
        while !input.is_empty() {
            if let Err(error) = self.argument(input) {
                self.errors.push(error);
                rest_of_argument(input);
            }
            if input.parse::<Option<Token![,]>>()?.is_none() && !input.is_empty() {
                self.errors.push(input.error("write a comma before this"));
            }
        }
        Ok(())
    }

    fn argument(&mut self, input: ParseStream<'_>) -> Result<()> {
        if input.peek(LitStr) {
            return self.name(input.parse()?);
        }
        if !input.peek2(Token![::])
            && let Some((word, _)) = input.cursor().ident()
            && let Some(usage) = self.syntax.words.iter().find(|usage| word == first_word(usage))
        {
            return self.word(usage, input);
        }
        self.other(input)
    }

    fn name(&mut self, name: LitStr) -> Result<()> {
        self.once(NAME, &name)?;
        if name.value().is_empty() {
            let text =
                format!("the name is empty: write that of the route on the server, as in `{}`", self.syntax.example);
            return Err(Error::new_spanned(name, text));
        }
        self.read.name = name;
        Ok(())
    }

    fn word(&mut self, usage: &str, input: ParseStream<'_>) -> Result<()> {
        let word = input.call(Ident::parse_any)?;
        self.once(format!("`{word}`"), &word)?;
        match usage {
            RESPONSE => self.read.response = Some(value(usage, &word, input, Type::parse)?),
            CRATE => self.read.krate = value(usage, &word, input, Path::parse_mod_style)?,
            _ if input.peek(Token![=]) || input.peek(token::Paren) => {
                return Err(input.error(format!("`{word}` takes no value: write it alone, or leave it out")));
            }
            IDEMPOTENT => self.read.idempotent = true,
            _ => self.read.bulk = true,
        }
        Ok(())
    }

    /// Says what is wrong with an argument that is not known. The first one was meant as the name.
    fn other(&mut self, input: ParseStream<'_>) -> Result<()> {
        let Syntax { derive, example, words, .. } = self.syntax;
        let is_name = self.seen.is_empty() && !input.peek2(Token![=]);
        let argument = rest_of_argument(input);
        let Some(first) = argument.clone().into_iter().next() else {
            return Err(input.error("leave out this comma"));
        };
        if is_name {
            self.once(NAME, &argument)?;
            let text = format!(
                "the name has to be a string literal, as in `{example}`; \
                for a constant, write `impl {derive} for ..` by hand"
            );
            return Err(Error::new_spanned(argument, text));
        }
        let text = format!("`{first}` is not known here; after the name you can write `{}`", words.join("`, `"));
        Err(Error::new_spanned(first, text))
    }

    fn report_missing(&mut self, at: &syn::Attribute) {
        let Syntax { example, words, .. } = self.syntax;
        if !self.seen.iter().any(|seen| seen == NAME) {
            let text = format!("the name is missing: write that of the route on the server, as in `{example}`");
            self.errors.push(Error::new_spanned(at, text));
        }
        if words.contains(&RESPONSE) && !self.seen.iter().any(|seen| seen == "`response`") {
            let text = "`response` is missing: write `response = Type`, the type of the reply's payload, \
                or `response = ()` for a route whose reply has no payload";
            self.errors.push(Error::new_spanned(at, text));
        }
    }

    /// Fails if `what` was written before.
    fn once(&mut self, what: impl Display, at: impl ToTokens) -> Result<()> {
        let what = what.to_string();
        if self.seen.contains(&what) {
            return Err(Error::new_spanned(at, format!("{what} is written twice: leave one out")));
        }
        self.seen.push(what);
        Ok(())
    }
}

fn value<T>(usage: &str, word: &Ident, input: ParseStream<'_>, parse: fn(ParseStream<'_>) -> Result<T>) -> Result<T> {
    let text = format!("`{word}` needs a value: write `{usage}`, without quotes");
    if !input.peek(Token![=]) {
        return Err(Error::new_spanned(word, text));
    }
    input.parse::<Token![=]>()?;
    // syn's own text would list all that a type can begin with.
    parse(input).map_err(|error| Error::new(error.span(), text))
}

fn first_word(usage: &str) -> &str {
    usage.split_once(' ').map_or(usage, |(word, _)| word)
}

/// Takes what is left up to the next comma that is not between `<` and `>`.
fn rest_of_argument(input: ParseStream<'_>) -> TokenStream {
    let mut rest = TokenStream::new();
    let mut depth = 0;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        depth += i32::from(input.peek(Token![<])) - i32::from(input.peek(Token![>]));
        rest.extend(input.parse::<TokenTree>());
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of each error, the part of the source that it is about, and its text.
    fn errors(syntax: &Syntax, source: &str) -> Vec<(String, String)> {
        let Err(all) = syntax.read(&syn::parse_str(source).unwrap()) else { panic!("no error: {source}") };
        all.into_iter().map(|error| (error.span().source_text().unwrap_or_default(), error.to_string())).collect()
    }

    fn of_route(arguments: &str) -> Vec<(String, String)> {
        errors(&ROUTE, &format!("#[route({arguments})] struct SayHello;"))
    }

    #[track_caller]
    fn assert_errors(found: &[(String, String)], expected: &[(&str, &str)]) {
        let found: Vec<_> = found.iter().map(|(at, text)| (at.as_str(), text.as_str())).collect();
        assert_eq!(found, expected);
    }

    const NOT_A_LITERAL: &str = "the name has to be a string literal, \
        as in `#[route(\"sayHello\", response = String)]`; for a constant, write `impl Route for ..` by hand";
    const NO_NAME: &str = "the name is missing: write that of the route on the server, \
        as in `#[route(\"sayHello\", response = String)]`";
    const NO_RESPONSE: &str = "`response` is missing: write `response = Type`, the type of the reply's payload, \
        or `response = ()` for a route whose reply has no payload";

    #[test]
    fn without_an_attribute_the_error_shows_one() {
        assert_errors(
            &errors(&ROUTE, r#"#[push("tick")] struct SayHello { name: String }"#),
            &[(
                "SayHello",
                "`SayHello` needs `#[route(..)]` above it, as in `#[route(\"sayHello\", response = String)]`",
            )],
        );
        assert_errors(
            &errors(&PUSH, "enum Tick { Up, Down }"),
            &[("Tick", "`Tick` needs `#[push(..)]` above it, as in `#[push(\"tick\")]`")],
        );
    }

    #[test]
    fn a_missing_name_and_a_missing_response_are_both_reported() {
        for attribute in ["#[route]", "#[route()]", "#[route(bulk, idempotent)]", r#"#[route = "sayHello"]"#] {
            let found = errors(&ROUTE, &format!("{attribute} struct SayHello;"));
            assert_errors(&found, &[(attribute, NO_NAME), (attribute, NO_RESPONSE)]);
        }
        let found = errors(&PUSH, "#[push] struct Tick;");
        let text = "the name is missing: write that of the route on the server, as in `#[push(\"tick\")]`";
        assert_errors(&found, &[("#[push]", text)]);
    }

    #[test]
    fn a_missing_response_tells_what_to_write_where_a_reply_has_no_payload() {
        assert_errors(&of_route(r#""sayHello""#), &[(r#"#[route("sayHello")]"#, NO_RESPONSE)]);
    }

    #[test]
    fn a_missing_name_is_the_only_error_of_a_route_with_a_response() {
        assert_errors(&of_route("response = ()"), &[("#[route(response = ())]", NO_NAME)]);
    }

    #[test]
    fn an_empty_name_is_an_error() {
        let text = "the name is empty: write that of the route on the server, \
            as in `#[route(\"sayHello\", response = String)]`";
        assert_errors(&of_route(r#""", response = ()"#), &[(r#""""#, text)]);
    }

    #[test]
    fn a_name_that_is_not_a_string_literal_is_an_error_and_not_also_missing() {
        for name in ["5", "b\"say\"", "sayHello", "names::SAY_HELLO", "crate::SAY_HELLO", "concat!(\"a\", \"b\")"] {
            assert_errors(&of_route(&format!("{name}, response = ()")), &[(name, NOT_A_LITERAL)]);
        }
    }

    #[test]
    fn an_unknown_word_lists_the_known_ones() {
        let known = "after the name you can write `response = Type`, `idempotent`, `bulk`, `crate = path`";
        let text = |word| format!("`{word}` is not known here; {known}");
        assert_errors(&of_route(r#""say", response = (), retry"#), &[("retry", &text("retry"))]);
        assert_errors(&of_route(r#""say", Vec<(u8, u8)>, response = ()"#), &[("Vec", &text("Vec"))]);
        assert_errors(
            &of_route(r#""say", respones = HashMap<u8, String>, bulk"#),
            &[
                ("respones", &text("respones")),
                (r#"#[route("say", respones = HashMap<u8, String>, bulk)]"#, NO_RESPONSE),
            ],
        );
        assert_errors(
            &of_route(r#"name = "say", response = ()"#),
            &[("name", &text("name")), (r#"#[route(name = "say", response = ())]"#, NO_NAME)],
        );
    }

    #[test]
    fn a_push_knows_no_word_of_a_route() {
        let text = |word| format!("`{word}` is not known here; after the name you can write `crate = path`");
        assert_errors(
            &errors(&PUSH, r#"#[push("tick", response = (), bulk)] struct Tick;"#),
            &[("response", &text("response")), ("bulk", &text("bulk"))],
        );
    }

    #[test]
    fn what_is_written_twice_is_an_error_in_one_attribute_and_in_several() {
        assert_errors(
            &of_route(r#""say", bulk, response = (), "speak", bulk, response = u8"#),
            &[
                (r#""speak""#, "the name is written twice: leave one out"),
                ("bulk", "`bulk` is written twice: leave one out"),
                ("response", "`response` is written twice: leave one out"),
            ],
        );
        assert_errors(
            &errors(&PUSH, r#"#[push("tick", crate = a)] #[push(crate = b)] struct Tick;"#),
            &[("crate", "`crate` is written twice: leave one out")],
        );
    }

    #[test]
    fn a_word_without_its_value_or_with_a_wrong_one_tells_how_to_write_it() {
        assert_errors(
            &of_route(r#""say", response, crate = "core""#),
            &[
                ("response", "`response` needs a value: write `response = Type`, without quotes"),
                (r#""core""#, "`crate` needs a value: write `crate = path`, without quotes"),
            ],
        );
        assert_errors(
            &of_route(r#""say", response = 5"#),
            &[("5", "`response` needs a value: write `response = Type`, without quotes")],
        );
    }

    #[test]
    fn a_flag_takes_no_value() {
        assert_errors(
            &of_route(r#""say", response = (), idempotent = true, bulk(false)"#),
            &[
                ("=", "`idempotent` takes no value: write it alone, or leave it out"),
                ("(", "`bulk` takes no value: write it alone, or leave it out"),
            ],
        );
    }

    #[test]
    fn a_comma_that_is_missing_or_too_many_is_the_only_error() {
        let found = of_route(r#""say" response = Vec<u8> bulk"#);
        assert_errors(&found, &[("response", "write a comma before this"), ("bulk", "write a comma before this")]);
        assert_errors(&of_route(r#","say",, response = (),"#), &[(",", "leave out this comma"); 2]);
    }

    #[test]
    fn a_union_is_an_error_beside_those_of_its_attribute() {
        assert_errors(
            &errors(&ROUTE, r#"#[route("say")] union Bits { a: u8, b: i8 }"#),
            &[("union", "a union cannot be a route: use a struct or an enum"), (r#"#[route("say")]"#, NO_RESPONSE)],
        );
        let found = errors(&PUSH, "#[push(\"tick\")] union Bits { a: u8, b: i8 }");
        assert_errors(&found, &[("union", "a union cannot be a push: use a struct or an enum")]);
    }

    #[test]
    fn no_input_makes_the_reader_panic_or_loop() {
        for arguments in
            [",", ",,", "<", ">>", "= =", "response =", "crate = <", "response = Vec<", "\"a\" <,,", "bulk ::", "-1"]
        {
            let source = format!("#[route({arguments})] struct SayHello;");
            let input = syn::parse_str(&source);
            let Ok(input) = input else { panic!("{source}") };
            assert!(ROUTE.read(&input).is_err(), "{source}");
        }
    }
}
