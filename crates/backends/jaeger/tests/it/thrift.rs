//! A Thrift reader without Jaeger's definitions. Fields have the numbers of
//! <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>.

use std::collections::BTreeMap;

use legacy_thrift::protocol::{TBinaryInputProtocol, TCompactInputProtocol, TInputProtocol, TType};

#[derive(Debug, Clone, PartialEq)]
pub enum Thrift {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    List(Vec<Thrift>),
    Struct(BTreeMap<i16, Thrift>),
}

impl Thrift {
    pub fn at(&self, field: i16) -> &Self {
        match self {
            Self::Struct(fields) => &fields[&field],
            other => panic!("{other:?} has no fields"),
        }
    }

    pub fn list(&self, field: i16) -> &[Self] {
        match self {
            Self::Struct(fields) => match fields.get(&field) {
                Some(Self::List(items)) => items,
                None => &[],
                other => panic!("{other:?} is no list"),
            },
            other => panic!("{other:?} has no fields"),
        }
    }

    pub fn text(&self, field: i16) -> &str {
        match self.at(field) {
            Self::Text(text) => text,
            other => panic!("{other:?} is no text"),
        }
    }

    /// The value of each tag in a list of tags.
    pub fn tags(&self, field: i16) -> BTreeMap<String, Thrift> {
        let value = |tag: &Self| [3, 4, 5, 6].iter().find_map(|at| tag.field(*at)).unwrap();
        self.list(field).iter().map(|tag| (tag.text(1).to_owned(), value(tag))).collect()
    }

    fn field(&self, field: i16) -> Option<Self> {
        match self {
            Self::Struct(fields) => fields.get(&field).cloned(),
            _ => None,
        }
    }
}

impl From<&str> for Thrift {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The batch of a packet.
pub fn of_packet(packet: &[u8]) -> Thrift {
    let mut from = TCompactInputProtocol::new(packet);
    assert_eq!(from.read_message_begin().unwrap().name, "emitBatch");
    structure(&mut from).at(1).clone()
}

/// The batch of a request.
pub fn of_body(body: &[u8]) -> Thrift {
    structure(&mut TBinaryInputProtocol::new(body, true))
}

fn structure(from: &mut dyn TInputProtocol) -> Thrift {
    from.read_struct_begin().unwrap();
    let mut fields = BTreeMap::new();
    loop {
        let field = from.read_field_begin().unwrap();
        if field.field_type == TType::Stop {
            from.read_struct_end().unwrap();
            return Thrift::Struct(fields);
        }
        let before = fields.insert(field.id.unwrap(), value(from, field.field_type));
        assert_eq!(before, None);
    }
}

fn value(from: &mut dyn TInputProtocol, kind: TType) -> Thrift {
    match kind {
        TType::Bool => Thrift::Bool(from.read_bool().unwrap()),
        TType::I08 => Thrift::Int(from.read_i8().unwrap().into()),
        TType::I16 => Thrift::Int(from.read_i16().unwrap().into()),
        TType::I32 => Thrift::Int(from.read_i32().unwrap().into()),
        TType::I64 => Thrift::Int(from.read_i64().unwrap()),
        TType::Double => Thrift::Double(from.read_double().unwrap()),
        TType::String => Thrift::Text(from.read_string().unwrap()),
        TType::Struct => structure(from),
        TType::List => {
            let head = from.read_list_begin().unwrap();
            Thrift::List((0..head.size).map(|_| value(from, head.element_type)).collect())
        }
        other => panic!("{other} is not in Jaeger's definitions"),
    }
}
