//! IAM of one account: everything that `GetAccountAuthorizationDetails` tells, with documents decoded.
//!
//! IAM API Reference, "GetAccountAuthorizationDetails". A page may hold fewer than asked for and more may follow.

use super::client::Session;
use super::context::Context;
use super::iam_record as record;
use super::operation::Op;
use super::unit::{self, Page, Tally};
use crate::source::SourceError;
use crate::source::spool::{Frame, Spool};
use aws_sdk_iam::Client;
use aws_sdk_iam::types::EntityType;
use serde_json::Value;
use std::path::Path;

/// Most a page may hold.
const PAGE: i32 = 1_000;

/// The units whose records are of IAM.
pub const UNITS: &str = "iam/";

/// The lists of the document, in its order.
pub const LISTS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

/// The unit of an account, or of some of its entities.
pub fn unit(account: &str, filter: &[EntityType]) -> String {
    let names: Vec<&str> = filter.iter().map(EntityType::as_str).collect();
    format!("{UNITS}{account}/{}", names.join("+"))
}

/// The account of a unit.
pub fn account(unit: &str) -> &str {
    let rest = unit.strip_prefix(UNITS).unwrap_or(unit);
    rest.split_once('/').map_or(rest, |(account, _)| account)
}

/// Fetch an account: everything, or what the filter names.
pub async fn fetch(context: &Context<'_>, session: &Session, filter: &[EntityType]) -> Tally {
    let client = Client::new(&session.config);
    let client = &client;
    let read = |marker: Option<String>| async move {
        let request = client.get_account_authorization_details().max_items(PAGE).set_marker(marker);
        let request = filter.iter().fold(request, |request, one| request.filter(one.clone()));
        let send = |c| request.clone().customize().interceptor(c).send();
        let (out, _) = context.aws.call(session, Op::GetAccountAuthorizationDetails, send).await?;
        let more = out.is_truncated();
        let next = out.marker().filter(|m| more && !m.is_empty()).map(str::to_owned);
        let mut lines = Vec::new();
        lines.extend(out.user_detail_list().iter().map(|u| record::line("UserDetailList", record::user(u))));
        lines.extend(out.group_detail_list().iter().map(|g| record::line("GroupDetailList", record::group(g))));
        lines.extend(out.role_detail_list().iter().map(|r| record::line("RoleDetailList", record::role(r))));
        lines.extend(out.policies().iter().map(|p| record::line("Policies", record::managed(p))));
        Ok(Page { lines, next })
    };
    unit::pages(context, &unit(&session.account, filter), read).await
}

/// Write the document of an account, its entities sorted by ARN. Gives how many there are.
///
/// # Errors
/// When the disk refuses.
pub fn write(context: &Context<'_>, unit: &str, target: &Path) -> Result<u64, SourceError> {
    let account = account(unit);
    let mut spool = Spool::new(context.store.spool("iam-spool"))?;
    // One list after the other: the line that opens a list sorts before its entities.
    for (at, list) in LISTS.iter().enumerate() {
        let comma = if at == 0 { "" } else { "]," };
        spool.push(account, &format!("{at}"), "", &format!("{comma}\"{list}\":["))?;
    }
    let mut entities: Vec<(usize, String)> = Vec::new();
    unit::each(&context.store.parts, unit, |one| {
        let list = one.get("list").and_then(Value::as_str).unwrap_or_default();
        let at = LISTS.iter().position(|l| *l == list).unwrap_or_default();
        let arn = one.pointer("/entry/Arn").and_then(Value::as_str).unwrap_or_default().to_owned();
        let entry = one.get("entry").map(ToString::to_string).unwrap_or_default();
        spool.push(account, &format!("{at}\u{1}{arn}"), "", &entry)?;
        entities.push((at, arn));
        Ok(())
    })?;
    entities.sort();
    entities.dedup();
    // A comma after each entity but the last of its list.
    for pair in entities.windows(2) {
        if let [(at, arn), (next, _)] = pair
            && at == next
        {
            spool.push(account, &format!("{at}\u{1}{arn}\u{0}"), "", ",")?;
        }
    }
    let open = format!("{{\"AccountId\":\"{account}\",");
    spool.write(account, target, Frame { open: &open, between: "\n", close: "]}\n" })?;
    Ok(entities.len() as u64)
}
