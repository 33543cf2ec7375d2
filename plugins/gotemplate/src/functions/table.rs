//! Every function that a template can call, sorted by name.
//!
//! Absent on purpose, because they would not be repeatable: `now`, `date…`, `rand…` but `randInt`, `uuidv4`, `env`,
//! `expandenv`, `getHostByName`.

use super::collections::{dicts, lists, sequences};
use super::encoding::{json, yaml};
use super::text::{escape, paths, regexes, splitting, strings, urls};
use super::{Args, Context, Flow, Function, dates, defaults, encoding, flow, numbers, reflection};
use crate::value::Type;

/// A function: name, types of the fixed parameters, type of the further ones, what it does with untrusted text,
/// whether its Go result type is an interface, and the function itself.
macro_rules! functions {
    ($($name:literal [$($param:ident)*] $($variadic:ident)? => $flow:ident $interface:literal $body:path;)*) => {
        &[$(Function {
            name: $name,
            params: &[$(Type::$param),*],
            variadic: functions!(@variadic $($variadic)?),
            returns_interface: $interface,
            flow: Flow::$flow,
            body: |context: &mut Context, values| $body(context, Args(values)),
        }),*]
    };
    (@variadic) => { None };
    (@variadic $type:ident) => { Some(Type::$type) };
}

/// All functions, sorted by name.
#[rustfmt::skip]
pub static TABLE: &[Function] = functions! {
    "add" [] Any => Derive false numbers::add;
    "add1" [Any] => Derive false numbers::add1;
    "adler32sum" [Text] => Derive false encoding::adler32sum;
    "ago" [Any] => Derive false dates::ago;
    "all" [] Any => Derive false defaults::all;
    "and" [Reflect] Reflect => Carry true flow::never;
    "any" [] Any => Derive false defaults::any;
    "append" [Any Any] => Carry false lists::push;
    "atoi" [Text] => Derive false numbers::atoi;
    "b32dec" [Text] => Decode false encoding::b32dec;
    "b32enc" [Text] => Derive false encoding::b32enc;
    "b64dec" [Text] => Decode false encoding::b64dec;
    "b64enc" [Text] => Derive false encoding::b64enc;
    "base" [Text] => Derive false paths::base;
    "biggest" [Any] Any => Derive false numbers::max;
    "call" [Reflect] Reflect => Carry true flow::never;
    "cat" [] Any => Derive false strings::cat;
    "ceil" [Any] => Derive false numbers::ceil;
    "chunk" [Int Any] => Carry false lists::chunk;
    "clean" [Text] => Derive false paths::clean;
    "coalesce" [] Any => Carry true defaults::coalesce;
    "compact" [Any] => Carry false lists::compact;
    "concat" [] Any => Carry true lists::concat;
    "contains" [Text Text] => Derive false strings::contains;
    "deepEqual" [Any Any] => Derive false reflection::deep_equal;
    "default" [Any] Any => Carry true defaults::default;
    "dict" [] Any => Carry false dicts::dict;
    "dig" [] Any => Carry true dicts::dig;
    "dir" [Text] => Derive false paths::dir;
    "div" [Any Any] => Derive false numbers::div;
    "duration" [Any] => Derive false dates::duration;
    "durationRound" [Any] => Derive false dates::duration_round;
    "empty" [Any] => Derive false defaults::empty;
    "eq" [Reflect] Reflect => Derive false flow::eq;
    "ext" [Text] => Derive false paths::ext;
    "fail" [Text] => Derive false flow::fail;
    "first" [Any] => Carry true lists::first;
    "float64" [Any] => Derive false numbers::float64;
    "floor" [Any] => Derive false numbers::floor;
    "fromJson" [Text] => Decode true json::from_json;
    "ge" [Reflect Reflect] => Derive false flow::ge;
    "get" [Map Text] => Carry true dicts::get;
    "gt" [Reflect Reflect] => Derive false flow::gt;
    "has" [Any Any] => Derive false lists::has;
    "hasKey" [Map Text] => Derive false dicts::has_key;
    "hasPrefix" [Text Text] => Derive false strings::has_prefix;
    "hasSuffix" [Text Text] => Derive false strings::has_suffix;
    "hello" [] => Derive false strings::hello;
    "html" [] Any => Derive false escape::html;
    "indent" [Int Text] => Derive false strings::indent;
    "index" [Reflect] Reflect => Carry true flow::index;
    "initial" [Any] => Carry false lists::initial;
    "inputs" [] => Carry false flow::inputs;
    "int" [Any] => Derive false numbers::int;
    "int64" [Any] => Derive false numbers::int64;
    "isAbs" [Text] => Derive false paths::is_abs;
    "join" [Text Any] => Derive false splitting::join;
    "js" [] Any => Derive false escape::js;
    "keys" [] Map => Carry false dicts::keys;
    "kindIs" [Text Any] => Derive false reflection::kind_is;
    "kindOf" [Any] => Derive false reflection::kind_of;
    "last" [Any] => Carry true lists::last;
    "le" [Reflect Reflect] => Derive false flow::le;
    "len" [Reflect] => Derive false flow::len;
    "list" [] Any => Carry false lists::list;
    "lower" [Text] => Derive false strings::lower;
    "lt" [Reflect Reflect] => Derive false flow::lt;
    "max" [Any] Any => Derive false numbers::max;
    "maxf" [Any] Any => Derive false numbers::maxf;
    "min" [Any] Any => Derive false numbers::min;
    "minf" [Any] Any => Derive false numbers::minf;
    "mod" [Any Any] => Derive false numbers::modulo;
    "mul" [Any] Any => Derive false numbers::mul;
    "mustAppend" [Any Any] => Carry false lists::push;
    "mustChunk" [Int Any] => Carry false lists::chunk;
    "mustCompact" [Any] => Carry false lists::compact;
    "mustDateModify" [Text Time] => Derive false dates::must_modify;
    "mustFirst" [Any] => Carry true lists::first;
    "mustFromJson" [Text] => Decode true json::must_from_json;
    "mustHas" [Any Any] => Derive false lists::has;
    "mustInitial" [Any] => Carry false lists::initial;
    "mustLast" [Any] => Carry true lists::last;
    "mustPrepend" [Any Any] => Carry false lists::prepend;
    "mustPush" [Any Any] => Carry false lists::push;
    "mustRegexFind" [Text Text] => Derive false regexes::must_find;
    "mustRegexFindAll" [Text Text Int] => Derive false regexes::must_find_all;
    "mustRegexMatch" [Text Text] => Derive false regexes::must_match;
    "mustRegexReplaceAll" [Text Text Text] => Derive false regexes::must_replace_all;
    "mustRegexReplaceAllLiteral" [Text Text Text] => Derive false regexes::must_replace_all_literal;
    "mustRegexSplit" [Text Text Int] => Derive false regexes::must_split;
    "mustRest" [Any] => Carry false lists::rest;
    "mustReverse" [Any] => Carry false lists::reverse;
    "mustSlice" [Any] Any => Carry true lists::slice;
    "mustToDate" [Text Text] => Derive false dates::must_to_date;
    "mustToJson" [Any] => Derive false json::must_to_json;
    "mustToPrettyJson" [Any] => Derive false json::must_to_pretty_json;
    "mustToRawJson" [Any] => Derive false json::must_to_raw_json;
    "mustToYaml" [Any] => Trust false yaml::must_to_yaml;
    "mustUniq" [Any] => Carry false lists::uniq;
    "mustWithout" [Any] Any => Carry false lists::without;
    "must_date_modify" [Text Time] => Derive false dates::must_modify;
    "ne" [Reflect Reflect] => Derive false flow::ne;
    "nindent" [Int Text] => Derive false strings::nindent;
    "not" [Reflect] => Derive false flow::not;
    "omit" [Map] Text => Carry false dicts::omit;
    "or" [Reflect] Reflect => Carry true flow::never;
    "osBase" [Text] => Derive false paths::base;
    "osClean" [Text] => Derive false paths::clean;
    "osDir" [Text] => Derive false paths::dir;
    "osExt" [Text] => Derive false paths::ext;
    "osIsAbs" [Text] => Derive false paths::is_abs;
    "pick" [Map] Text => Carry false dicts::pick;
    "pluck" [Text] Map => Carry false dicts::pluck;
    "plural" [Text Text Int] => Carry false strings::plural;
    "prepend" [Any Any] => Carry false lists::prepend;
    "print" [] Any => Derive false strings::print;
    "printf" [Text] Any => Derive false strings::printf;
    "println" [] Any => Derive false strings::println;
    "push" [Any Any] => Carry false lists::push;
    "quote" [] Any => Derive false strings::quote;
    "randInt" [Int Int] => Derive false numbers::rand_int;
    "regexFind" [Text Text] => Derive false regexes::find;
    "regexFindAll" [Text Text Int] => Derive false regexes::find_all;
    "regexMatch" [Text Text] => Derive false regexes::matches;
    "regexQuoteMeta" [Text] => Derive false regexes::quote_meta;
    "regexReplaceAll" [Text Text Text] => Derive false regexes::replace_all;
    "regexReplaceAllLiteral" [Text Text Text] => Derive false regexes::replace_all_literal;
    "regexSplit" [Text Text Int] => Derive false regexes::split;
    "repeat" [Int Text] => Derive false strings::repeat;
    "replace" [Text Text Text] => Derive false strings::replace;
    "rest" [Any] => Carry false lists::rest;
    "reverse" [Any] => Carry false lists::reverse;
    "round" [Any Int] Float => Derive false numbers::round;
    "seq" [] Int => Derive false sequences::seq;
    "set" [Map Text Any] => Carry false dicts::set;
    "sha1sum" [Text] => Derive false encoding::sha1sum;
    "sha256sum" [Text] => Derive false encoding::sha256sum;
    "slice" [Any] Any => Carry true lists::slice;
    "slugify" [Text] => Derive false strings::slugify;
    "sortAlpha" [Any] => Carry false splitting::sort_alpha;
    "split" [Text Text] => Derive false splitting::split;
    "splitList" [Text Text] => Derive false splitting::split_list;
    "splitn" [Text Int Text] => Derive false splitting::splitn;
    "squote" [] Any => Derive false strings::squote;
    "sub" [Any Any] => Derive false numbers::sub;
    "substr" [Int Int Text] => Derive false strings::substr;
    "ternary" [Any Any Bool] => Carry true defaults::ternary;
    "title" [Text] => Derive false strings::title;
    "toDate" [Text Text] => Derive false dates::to_date;
    "toDecimal" [Any] => Derive false numbers::to_decimal;
    "toJson" [Any] => Derive false json::to_json;
    "toPrettyJson" [Any] => Derive false json::to_pretty_json;
    "toRawJson" [Any] => Derive false json::to_raw_json;
    "toString" [Any] => Derive false strings::to_string;
    "toStrings" [Any] => Derive false splitting::to_strings;
    "toYaml" [Any] => Trust false yaml::to_yaml;
    "trim" [Text] => Derive false strings::trim;
    "trimAll" [Text Text] => Derive false strings::trim_all;
    "trimPrefix" [Text Text] => Derive false strings::trim_prefix;
    "trimSuffix" [Text Text] => Derive false strings::trim_suffix;
    "trimall" [Text Text] => Derive false strings::trim_all;
    "trunc" [Int Text] => Derive false strings::trunc;
    "tuple" [] Any => Carry false lists::list;
    "typeIs" [Text Any] => Derive false reflection::type_is;
    "typeIsLike" [Text Any] => Derive false reflection::type_is_like;
    "typeOf" [Any] => Derive false reflection::type_of;
    "uid" [] => Carry false flow::uid;
    "uniq" [Any] => Carry false lists::uniq;
    "unixEpoch" [Time] => Derive false dates::unix_epoch;
    "unset" [Map Text] => Carry false dicts::unset;
    "until" [Int] => Derive false sequences::until;
    "untilStep" [Int Int Int] => Derive false sequences::until_step;
    "upper" [Text] => Derive false strings::upper;
    "urlJoin" [Map] => Derive false urls::join;
    "urlParse" [Text] => Decode false urls::parse;
    "urlquery" [] Any => Derive false escape::url_query;
    "values" [Map] => Carry false dicts::values;
    "without" [Any] Any => Carry false lists::without;
};
