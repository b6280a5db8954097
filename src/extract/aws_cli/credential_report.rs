//! The answer of `aws iam get-credential-report`: a table of all users of an account, as CSV in base64.
//!
//! IAM User Guide, "Generate credential reports for your AWS account", "Understanding the report format".

use super::resource;
use crate::extract::entity::Entity;
use crate::extract::facts::{Fact, Setting};
use crate::extract::found::{Body, Found, Place};
use crate::extract::owner;
use crate::policy::Context;
use crate::policy::context::{AttachedTo, PrincipalKind};

/// The users of a report, the root user among them.
pub fn entities(root: &Place, said: &Context) -> Vec<Entity> {
    let csv = root.text(&["ReportFormat"]).is_some_and(|format| format == "text/csv");
    let Some(content) = root.any(&["Content"]).filter(|_| csv) else { return Vec::new() };
    let Some(text) = decode(content.node().scalar()) else { return Vec::new() };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    lines.filter_map(|line| user(&Row { header: &header, cells: line.split(',').collect() }, &content, said)).collect()
}

struct Row<'t> {
    header: &'t [&'t str],
    cells: Vec<&'t str>,
}

impl<'t> Row<'t> {
    fn cell(&self, column: &str) -> Option<&'t str> {
        let at = self.header.iter().position(|name| *name == column)?;
        self.cells.get(at).copied()
    }

    /// `true` or `false`; anything else, such as `not_supported`, is no answer.
    fn switch(&self, column: &str) -> Setting {
        match self.cell(column) {
            Some(told @ ("true" | "false")) => Setting::Is(told.to_owned()),
            Some(_) | None => Setting::Unknown,
        }
    }
}

fn user(row: &Row<'_>, content: &Place, said: &Context) -> Option<Entity> {
    let (name, arn) = (row.cell("user")?.to_owned(), row.cell("arn")?.to_owned());
    let attached_to = AttachedTo { kind: Some(PrincipalKind::User), name: name.clone(), ..AttachedTo::default() };
    let context = Context {
        kind: None,
        resource_type: Some("AWS::IAM::User".to_owned()),
        name: Some(name),
        attached_to: Some(attached_to),
        ..owner::by_arn(said, Some(arn))
    };
    let active = |key: &&str| row.cell(&format!("access_key_{key}_active")) == Some("true");
    let keys: Vec<&str> = ["1", "2"].into_iter().filter(active).collect();
    let made = keys.iter().filter_map(|key| row.cell(&format!("access_key_{key}_last_rotated"))).min();
    let created = made.map_or(Setting::Unset, |time| Setting::Is(time.chars().take(10).collect()));
    let facts = [
        ("iam.user.console_access", row.switch("password_enabled")),
        ("iam.user.mfa", row.switch("mfa_active")),
        ("iam.user.access_keys.active", Setting::Is(keys.len().to_string())),
        ("iam.user.access_keys.created", created),
    ];
    let facts = facts.into_iter().map(|(name, setting)| Fact { name, setting, place: content.clone() });
    Some(resource([Found { body: Body::Settings(content.clone(), facts.collect()), context }]))
}

/// RFC 4648, section 4; `None` for anything that is not the base64 of a text.
fn decode(text: &str) -> Option<String> {
    let letters = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>();
    let mut out = Vec::with_capacity(letters.len() / 4 * 3);
    for group in letters.chunks(4) {
        let mut bits = 0u32;
        let mut count = 0;
        for byte in group.iter().take_while(|byte| **byte != b'=') {
            bits = (bits << 6) | value(*byte)?;
            count += 1;
        }
        let [_, high, middle, low] = (bits << (6 * (4 - count))).to_be_bytes();
        out.extend(
            [high, middle, low].into_iter().take(usize::from(count > 1) + usize::from(count > 2) + usize::from(count > 3)),
        );
    }
    String::from_utf8(out).ok()
}

fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::extract::testing::told as told_of;

    #[test]
    fn base64_is_decoded() {
        for (text, plain) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\nYmE=", "fooba")] {
            assert_eq!(decode(text).as_deref(), Some(plain));
        }
        assert_eq!(decode("a-b_"), None);
    }

    #[test]
    fn a_report_tells_of_every_user() {
        // user,arn,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated and
        // ana,arn:aws:iam::111122223333:user/ana,true,false,true,2026-01-01T00:00:00+00:00
        let content = "dXNlcixhcm4scGFzc3dvcmRfZW5hYmxlZCxtZmFfYWN0aXZlLGFjY2Vzc19rZXlfMV9hY3RpdmUsYWNjZXNzX2tleV8xX2xhc3Rfcm90YXRlZAphbmEsYXJuOmF3czppYW06OjExMTEyMjIyMzMzMzp1c2VyL2FuYSx0cnVlLGZhbHNlLHRydWUsMjAyNi0wMS0wMVQwMDowMDowMCswMDowMAo=";
        let told = told_of(&format!(r#"{{"Content": "{content}", "ReportFormat": "text/csv"}}"#));
        for part in [
            "settings - AWS::IAM::User ana arn:aws:iam::111122223333:user/ana 111122223333",
            "iam.user.console_access true at /Content",
            "iam.user.mfa false at",
            "iam.user.access_keys.active 1 at",
            "iam.user.access_keys.created 2026-01-01 at",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(told_of(r#"{"Content": "%", "ReportFormat": "text/csv"}"#).starts_with("nothing"));
    }
}
