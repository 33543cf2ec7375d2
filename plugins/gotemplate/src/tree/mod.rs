//! What a parsed template is made of. Positions are byte offsets into the template's text.

mod display;
mod number;

pub use number::{Number, Unquote, unquote};

use crate::functions::Function;

/// One template: the text itself, or a `define` in it.
#[derive(Debug)]
pub struct Tree {
    /// The name by which `template` calls it.
    pub name: String,
    /// The nodes of its body.
    pub root: List,
}

/// A sequence of nodes.
pub type List = Vec<Node>;

/// One node of a body.
#[derive(Debug)]
pub enum Node {
    /// Text outside of delimiters.
    Text(String),
    /// `<< pipeline >>`.
    Action(Action),
    /// `<< if … >>`.
    If(Branch),
    /// `<< with … >>`.
    With(Branch),
    /// `<< range … >>`.
    Range(Branch),
    /// `<< template "name" pipeline >>`.
    Template(Call),
    /// `<< break >>`.
    Break,
    /// `<< continue >>`.
    Continue,
}

/// A pipeline that is printed, or declares.
#[derive(Debug)]
pub struct Action {
    /// Where it starts.
    pub pos: usize,
    /// What it evaluates.
    pub pipe: Pipe,
}

/// A control structure.
#[derive(Debug)]
pub struct Branch {
    /// Where its pipeline starts.
    pub pos: usize,
    /// `if`, `with` or `range`.
    pub keyword: &'static str,
    /// What it decides by.
    pub pipe: Pipe,
    /// The nodes for a true condition, or for each element of a `range`.
    pub list: List,
    /// The nodes of `else`.
    pub otherwise: Option<List>,
}

/// The invocation of a template.
#[derive(Debug)]
pub struct Call {
    /// Where its name stands.
    pub pos: usize,
    /// The name of the template that is called.
    pub name: String,
    /// The value of its dot; `nil` if absent.
    pub pipe: Option<Pipe>,
}

/// Commands, each passing its value on to the next.
#[derive(Debug)]
pub struct Pipe {
    /// Where it starts.
    pub pos: usize,
    /// Whether the variables are assigned, not declared.
    pub assign: bool,
    /// The variables that the pipeline declares or assigns.
    pub decl: Vec<Variable>,
    /// The commands; each gets the result of the one before as its last argument.
    pub cmds: Vec<Command>,
}

/// An operand and its arguments.
#[derive(Debug)]
pub struct Command {
    /// Where it starts.
    pub pos: usize,
    /// The words; never empty.
    pub args: Vec<Expr>,
}

/// A variable with its fields, such as `$name.field`.
#[derive(Debug)]
pub struct Variable {
    /// Where it starts.
    pub pos: usize,
    /// The name with its `$`, and fields.
    pub ident: Vec<String>,
}

/// One word of a command.
#[derive(Debug)]
pub enum Expr {
    /// A call of a function without arguments of its own.
    Ident {
        /// Where it starts.
        pos: usize,
        /// The name of the function.
        name: String,
        /// What the name meant when the text was parsed.
        function: &'static Function,
    },
    /// The dot: `.`
    Dot(usize),
    /// The constant `nil`.
    Nil(usize),
    /// A chain of fields of the dot, such as `.a.b`.
    Field {
        /// Where it starts.
        pos: usize,
        /// The names without dots.
        ident: Vec<String>,
    },
    /// A variable with its fields, such as `$x.a`.
    Variable(Variable),
    /// `(…).a` or `function.a`
    Chain {
        /// Where its first field starts.
        pos: usize,
        /// What the fields are of.
        node: Box<Expr>,
        /// The names without dots.
        field: Vec<String>,
    },
    /// One of the constants `true` and `false`.
    Bool {
        /// Where it starts.
        pos: usize,
        /// The value of the constant.
        value: bool,
    },
    /// A numeric literal.
    Number(Number),
    /// A string literal.
    Text {
        /// Where it starts.
        pos: usize,
        /// The text as written, with its quotes.
        quoted: String,
        /// What it means.
        text: Vec<u8>,
    },
    /// `( pipeline )`
    Pipe(Box<Pipe>),
}

impl Expr {
    /// Where it is, for messages.
    pub fn pos(&self) -> usize {
        match self {
            Self::Ident { pos, .. }
            | Self::Dot(pos)
            | Self::Nil(pos)
            | Self::Field { pos, .. }
            | Self::Chain { pos, .. }
            | Self::Bool { pos, .. }
            | Self::Text { pos, .. } => *pos,
            Self::Variable(variable) => variable.pos,
            Self::Number(number) => number.pos,
            Self::Pipe(pipe) => pipe.pos,
        }
    }
}

/// Whether a body has nothing but blanks and comments.
pub fn is_empty(list: &[Node]) -> bool {
    list.iter().all(|node| match node {
        Node::Text(text) => text.chars().all(go_std::unicode::is_space),
        _ => false,
    })
}
