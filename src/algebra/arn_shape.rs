//! `arn_shape`: an ARN with named parts, so that a rule can say which of them must be spelled out.

use super::truth::Truth;
use crate::policy::arn::{fields, has_variable};
use crate::text::glob::has_wildcard;

/// One part between two separators of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Name(String),
    /// `**`: whatever follows, nothing included.
    Rest,
}

/// A compiled shape such as `arn:{partition}:rekognition:{region}:{account}:project/{project}/**`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnShape {
    /// Five fields after `arn`, the last split at `/`.
    fields: Vec<Part>,
    resource: Vec<Part>,
    /// Parts that may hold no wildcard.
    concrete: Vec<String>,
}

/// Why a text does not have the shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeMatch {
    /// Whether it has the shape with every required part spelled out.
    pub truth: Truth,
    /// Part names with what stands there.
    pub parts: Vec<(String, String)>,
}

impl ArnShape {
    /// Compile a shape; the error says what is wrong with it.
    pub fn parse(shape: &str, concrete: Vec<String>) -> Result<Self, String> {
        let fields: Vec<_> = shape.splitn(6, ':').collect();
        let [arn, head @ .., resource] = fields.as_slice() else { return Err("an ARN shape needs six fields".into()) };
        if *arn != "arn" || head.len() != 4 {
            return Err("an ARN shape starts with `arn:` and has six fields".into());
        }
        let shape =
            Self { fields: head.iter().map(|f| part(f)).collect(), resource: resource.split('/').map(part).collect(), concrete };
        let known = |name: &String| shape.parts().any(|p| matches!(p, Part::Name(n) if n == name));
        match shape.concrete.iter().find(|name| !known(name)) {
            Some(name) => Err(format!("`{name}` is not a part of this shape")),
            None => Ok(shape),
        }
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.fields.iter().chain(&self.resource)
    }

    /// Whether every ARN that `text` matches has this shape with the concrete parts spelled out.
    pub fn test(&self, text: &str) -> ShapeMatch {
        let mut out = ShapeMatch { truth: Truth::False, parts: Vec::new() };
        let Some(["arn", head @ .., resource]) = fields(text) else { return out };
        let mut truth = Truth::True;
        for (part, field) in self.fields.iter().zip(head) {
            truth = truth.and(self.check(part, field, &mut out.parts));
        }
        let mut segments = resource.split('/');
        for part in &self.resource {
            if *part == Part::Rest {
                out.truth = truth;
                return out;
            }
            truth = truth.and(match segments.next() {
                Some(segment) => self.check(part, segment, &mut out.parts),
                None => Truth::False,
            });
        }
        out.truth = if segments.next().is_none() { truth } else { Truth::False };
        out
    }

    fn check(&self, part: &Part, text: &str, parts: &mut Vec<(String, String)>) -> Truth {
        match part {
            Part::Rest => Truth::True,
            Part::Literal(literal) if has_variable(text) => {
                if literal == text {
                    Truth::True
                } else {
                    Truth::Unknown
                }
            }
            Part::Literal(literal) => Truth::from(literal == text),
            Part::Name(name) => {
                parts.push((name.clone(), text.to_owned()));
                if !self.concrete.contains(name) {
                    Truth::True
                } else if has_variable(text) {
                    Truth::Unknown
                } else {
                    Truth::from(!has_wildcard(text) && !text.is_empty())
                }
            }
        }
    }
}

fn part(text: &str) -> Part {
    match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        Some(name) => Part::Name(name.to_owned()),
        None if text == "**" => Part::Rest,
        None => Part::Literal(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_must_be_spelled_out_where_asked() {
        let concrete = vec!["region".to_owned(), "account".to_owned(), "project".to_owned()];
        let shape = ArnShape::parse("arn:{partition}:rekognition:{region}:{account}:project/{project}/**", concrete).unwrap();
        let test = |text: &str| shape.test(text).truth;
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:project/cats/version/*"), Truth::True);
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:project/cats"), Truth::True);
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:project/c*/version/v/1"), Truth::False);
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:project/ca?s/*"), Truth::False);
        assert_eq!(test("arn:aws:rekognition:*:111122223333:project/cats/*"), Truth::False);
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:*"), Truth::False);
        assert_eq!(test("arn:aws:rek*:eu-west-1:111122223333:project/cats/*"), Truth::False);
        assert_eq!(test("*"), Truth::False);
        assert_eq!(test("arn:${AWS::Partition}:rekognition:${AWS::Region}:111122223333:project/cats/*"), Truth::Unknown);
        assert_eq!(test("arn:aws:rekognition:eu-west-1:111122223333:project/${aws:PrincipalTag/p}/*"), Truth::Unknown);
        assert!(ArnShape::parse("arn:aws:s3", vec![]).is_err());
        assert!(ArnShape::parse("arn:a:b:c:d:e", vec!["x".to_owned()]).is_err());
    }
}
