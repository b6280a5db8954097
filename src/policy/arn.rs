//! ARNs as they stand in policies: six fields, wildcards anywhere.

/// Fields of `arn:partition:service:region:account:resource`; borrowed from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'t> {
    /// `aws`, `aws-cn`, ….
    pub partition: &'t str,
    /// `s3`, `iam`, ….
    pub service: &'t str,
    /// May be empty.
    pub region: &'t str,
    /// 12 digits, or empty.
    pub account: &'t str,
    /// The rest, which may hold colons.
    pub resource: &'t str,
}

impl<'t> Arn<'t> {
    /// Split at the first five colons; `None` when the text does not start with `arn:` or has fewer fields.
    pub fn parse(text: &'t str) -> Option<Self> {
        let [arn, partition, service, region, account, resource] = fields(text)?;
        (arn == "arn").then_some(Self { partition, service, region, account, resource })
    }
}

/// What stands between the first five colons, those inside `${…}` left alone; `None` when there are fewer.
pub fn fields(text: &str) -> Option<[&str; 6]> {
    let mut out = [""; 6];
    if !has_dollar_brace(text) {
        let mut parts = text.splitn(6, ':');
        for slot in &mut out {
            *slot = parts.next()?;
        }
        return Some(out);
    }
    let mut from = 0;
    let mut count = 0;
    let mut depth = 0usize;
    let mut before = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if before == b'$' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                *out.get_mut(count)? = text.get(from..at)?;
                (from, count) = (at + 1, count + 1);
                if count == 5 {
                    break;
                }
            }
            _ => {}
        }
        before = byte;
    }
    *out.last_mut()? = text.get(from..)?;
    (count == 5).then_some(out)
}

/// True for 12 digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// True when `${` stands in the text: the start of a variable or of an escape.
pub fn has_dollar_brace(text: &str) -> bool {
    // Nearly no text has a dollar sign at all.
    memchr::memchr_iter(b'$', text.as_bytes()).any(|at| text.as_bytes().get(at + 1) == Some(&b'{'))
}

/// True when the text holds a policy variable `${…}` other than the escapes `${*}`, `${?}` and `${$}`.
///
/// IAM User Guide, "IAM policy elements: Variables and tags".
pub fn has_variable(text: &str) -> bool {
    if !has_dollar_brace(text) {
        return false;
    }
    let mut rest = text;
    while let Some((_, tail)) = rest.split_once("${") {
        if !tail.starts_with("*}") && !tail.starts_with("?}") && !tail.starts_with("$}") {
            return true;
        }
        rest = tail;
    }
    false
}

/// The pattern that surely holds every value of `text`: each `${…}` becomes `*`.
pub fn widened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("${") {
        out.push_str(head);
        out.push('*');
        rest = tail.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_colons_of_the_last_field() {
        let arn = Arn::parse("arn:aws:rekognition:eu-west-1:111122223333:project/a/version/b:c/1").unwrap();
        assert_eq!((arn.account, arn.resource), ("111122223333", "project/a/version/b:c/1"));
        let arn = Arn::parse("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q:${A::B}").unwrap();
        assert_eq!((arn.partition, arn.account, arn.resource), ("${AWS::Partition}", "${AWS::AccountId}", "q:${A::B}"));
        assert_eq!(Arn::parse("arn:${AWS:iam::1:x"), None);
        assert_eq!(Arn::parse("*"), None);
        assert_eq!(
            Arn::parse("arn:aws:s3:::"),
            Some(Arn { partition: "aws", service: "s3", region: "", account: "", resource: "" })
        );
    }

    #[test]
    fn variables_are_seen_and_escapes_are_not() {
        assert!(has_variable("arn:aws:s3:::b/${aws:username}/*"));
        assert!(!has_variable("a${*}b${?}${$}"));
        assert_eq!(widened("a/${aws:username}/b"), "a/*/b");
        assert_eq!(widened("a/${oops"), "a/*");
    }
}
