//! The names of the built-in checks. Those that IAM Access Analyzer has too carry its issue codes.
//!
//! IAM User Guide, "IAM policy validation check reference".

use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A built-in check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the rule of each check says what it is")]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name, in capitals.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

codes! {
    // Document syntax and policy elements
    JsonSyntaxError = "JSON_SYNTAX_ERROR",
    DataTypeMismatch = "DATA_TYPE_MISMATCH",
    InvalidPolicyElement = "INVALID_POLICY_ELEMENT",
    MissingStatement = "MISSING_STATEMENT",
    MissingEffect = "MISSING_EFFECT",
    InvalidEffect = "INVALID_EFFECT",
    MissingAction = "MISSING_ACTION",
    MissingResource = "MISSING_RESOURCE",
    MissingPrincipal = "MISSING_PRINCIPAL",
    UnsupportedElementCombination = "UNSUPPORTED_ELEMENT_COMBINATION",
    InvalidVersion = "INVALID_VERSION",
    MissingVersion = "MISSING_VERSION",
    EmptyArrayAction = "EMPTY_ARRAY_ACTION",
    EmptyArrayResource = "EMPTY_ARRAY_RESOURCE",
    EmptyArrayPrincipal = "EMPTY_ARRAY_PRINCIPAL",
    EmptyObjectPrincipal = "EMPTY_OBJECT_PRINCIPAL",
    EmptyObjectCondition = "EMPTY_OBJECT_CONDITION",
    // Statement ids
    UnsupportedSid = "UNSUPPORTED_SID",
    UniqueSidsRequired = "UNIQUE_SIDS_REQUIRED",
    UniqueSidsRecommended = "UNIQUE_SIDS_RECOMMENDED",
    EmptySidValue = "EMPTY_SID_VALUE",
    // Actions and services
    InvalidAction = "INVALID_ACTION",
    InvalidServiceInAction = "INVALID_SERVICE_IN_ACTION",
    InvalidService = "INVALID_SERVICE",
    WildcardInServiceName = "WILDCARD_IN_SERVICE_NAME",
    RedundantAction = "REDUNDANT_ACTION",
    UnsupportedActionInPolicy = "UNSUPPORTED_ACTION_IN_POLICY",
    ScpSyntaxErrorActionWildcard = "SCP_SYNTAX_ERROR_ACTION_WILDCARD",
    // Resource ARNs
    InvalidArnPrefix = "INVALID_ARN_PREFIX",
    MissingArnField = "MISSING_ARN_FIELD",
    InvalidPartition = "INVALID_PARTITION",
    InvalidArnServiceCase = "INVALID_ARN_SERVICE_CASE",
    InvalidArnRegion = "INVALID_ARN_REGION",
    MissingArnRegion = "MISSING_ARN_REGION",
    ArnRegionNotAllowed = "ARN_REGION_NOT_ALLOWED",
    InvalidArnAccount = "INVALID_ARN_ACCOUNT",
    MissingArnAccount = "MISSING_ARN_ACCOUNT",
    ArnAccountNotAllowed = "ARN_ACCOUNT_NOT_ALLOWED",
    InvalidArnResource = "INVALID_ARN_RESOURCE",
    UnsupportedResourceArnInPolicy = "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
    // Principals
    UnsupportedPrincipal = "UNSUPPORTED_PRINCIPAL",
    InvalidPrincipalFormat = "INVALID_PRINCIPAL_FORMAT",
    InvalidPrincipalKey = "INVALID_PRINCIPAL_KEY",
    UnsupportedWildcardInPrincipal = "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    InvalidServicePrincipalFormat = "INVALID_SERVICE_PRINCIPAL_FORMAT",
    FederatedPrincipalNotSupported = "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
    InvalidRoleReference = "INVALID_ROLE_REFERENCE",
    InvalidUserReference = "INVALID_USER_REFERENCE",
    AllowWithNotPrincipal = "ALLOW_WITH_NOT_PRINCIPAL",
    UnsupportedConditionKeyForServicePrincipal = "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
    RestrictAccessToServicePrincipal = "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
    RecommendedConditionKeyForServicePrincipal = "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
    // Condition structure, operators, keys
    InvalidConditionOperator = "INVALID_CONDITION_OPERATOR",
    InvalidConditionKeyFormat = "INVALID_CONDITION_KEY_FORMAT",
    InvalidGlobalConditionKey = "INVALID_GLOBAL_CONDITION_KEY",
    InvalidServiceConditionKey = "INVALID_SERVICE_CONDITION_KEY",
    UnsupportedGlobalConditionKey = "UNSUPPORTED_GLOBAL_CONDITION_KEY",
    DeprecatedGlobalConditionKey = "DEPRECATED_GLOBAL_CONDITION_KEY",
    DuplicateKeysWithDifferentCase = "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
    MissingQualifier = "MISSING_QUALIFIER",
    ForallvaluesWithSingleValuedKey = "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
    NullWithIfExists = "NULL_WITH_IF_EXISTS",
    NullWithQualifier = "NULL_WITH_QUALIFIER",
    InvalidConditionMultipleBoolean = "INVALID_CONDITION_MULTIPLE_BOOLEAN",
    InvalidConditionDataType = "INVALID_CONDITION_DATA_TYPE",
    EmptyArrayCondition = "EMPTY_ARRAY_CONDITION",
    EmptyArrayConditionForallvalues = "EMPTY_ARRAY_CONDITION_FORALLVALUES",
    EmptyArrayConditionForanyvalue = "EMPTY_ARRAY_CONDITION_FORANYVALUE",
    EmptyArrayConditionIfexists = "EMPTY_ARRAY_CONDITION_IFEXISTS",
    MissingPairedConditionKeys = "MISSING_PAIRED_CONDITION_KEYS",
    // Condition values: types and formats
    TypeMismatch = "TYPE_MISMATCH",
    TypeMismatchBoolean = "TYPE_MISMATCH_BOOLEAN",
    TypeMismatchDate = "TYPE_MISMATCH_DATE",
    InvalidDateValue = "INVALID_DATE_VALUE",
    TypeMismatchNumber = "TYPE_MISMATCH_NUMBER",
    TypeMismatchString = "TYPE_MISMATCH_STRING",
    TypeMismatchIpRange = "TYPE_MISMATCH_IP_RANGE",
    ImproveIpRange = "IMPROVE_IP_RANGE",
    PrivateIpAddress = "PRIVATE_IP_ADDRESS",
    PrivateNotIpAddress = "PRIVATE_NOT_IP_ADDRESS",
    PrivateIpAddressSubset = "PRIVATE_IP_ADDRESS_SUBSET",
    PrivateNotIpAddressSubset = "PRIVATE_NOT_IP_ADDRESS_SUBSET",
    InvalidRegion = "INVALID_REGION",
    InvalidVpcFormat = "INVALID_VPC_FORMAT",
    InvalidVpceFormat = "INVALID_VPCE_FORMAT",
    InvalidKmsKeyValue = "INVALID_KMS_KEY_VALUE",
    MissingTagKeyInCondition = "MISSING_TAG_KEY_IN_CONDITION",
    // Condition values: wildcards, patterns and redundancy
    WildcardWithoutLikeOperator = "WILDCARD_WITHOUT_LIKE_OPERATOR",
    StringLikeOperatorWithArnConditionKeys = "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
    WildcardUsageTooPermissive = "WILDCARD_USAGE_TOO_PERMISSIVE",
    VariableUsageTooPermissive = "VARIABLE_USAGE_TOO_PERMISSIVE",
    EquivalentToNullFalse = "EQUIVALENT_TO_NULL_FALSE",
    EquivalentToNullTrue = "EQUIVALENT_TO_NULL_TRUE",
    RedundantKeyDueToWildcardInCondition = "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
    RedundantStatementDueToWildcardInCondition = "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
    RedundantConditionValueNum = "REDUNDANT_CONDITION_VALUE_NUM",
    // Condition keys against actions, services and policy kind
    UnsupportedActionForConditionKey = "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
    MissingActionForConditionKey = "MISSING_ACTION_FOR_CONDITION_KEY",
    IrrelevantConditionKeyInPolicy = "IRRELEVANT_CONDITION_KEY_IN_POLICY",
    UseConditionKeyOnlyWithSupportedServices = "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES",
    UntrustworthyConditionKey = "UNTRUSTWORTHY_CONDITION_KEY",
    DynamodbAttributesWithoutSelect = "DYNAMODB_ATTRIBUTES_WITHOUT_SELECT",
    S3PrefixInNegativeContext = "S3_PREFIX_IN_NEGATIVE_CONTEXT",
    // Policy variables
    MissingBraceInVariable = "MISSING_BRACE_IN_VARIABLE",
    MissingQuoteInVariable = "MISSING_QUOTE_IN_VARIABLE",
    UnsupportedSpaceInVariable = "UNSUPPORTED_SPACE_IN_VARIABLE",
    EmptyVariable = "EMPTY_VARIABLE",
    VariableUnsupportedInElement = "VARIABLE_UNSUPPORTED_IN_ELEMENT",
    VariableUnsupportedInVersion = "VARIABLE_UNSUPPORTED_IN_VERSION",
    InvalidVariableForOperator = "INVALID_VARIABLE_FOR_OPERATOR",
    // Sizes
    PolicySizeExceedsIdentityPolicyQuota = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
    PolicySizeExceedsResourcePolicyQuota = "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
    PolicySizeExceedsRoleTrustPolicyQuota = "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
    PolicySizeExceedsScpQuota = "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
    PolicySizeExceedsRcpQuota = "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
    // Tags / ABAC support
    AllowWithUnsupportedTagConditionKeyForService = "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    DenyWithUnsupportedTagConditionKeyForService = "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    AllowNotactionWithUnsupportedTagConditionKeyForService = "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    DenyNotactionWithUnsupportedTagConditionKeyForService = "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    // iam:PassRole and iam:CreateServiceLinkedRole
    PassRoleWithStarInResource = "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    PassRoleWithStarInActionAndResource = "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
    PassRoleWithStarInResourceAndNotAction = "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
    PassRoleWithNotResource = "PASS_ROLE_WITH_NOT_RESOURCE",
    PassRoleWithStarInActionAndNotResource = "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    PassRoleWithNotActionAndNotResource = "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    CreateSlrWithStarInResource = "CREATE_SLR_WITH_STAR_IN_RESOURCE",
    CreateSlrWithStarInActionAndResource = "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
    CreateSlrWithStarInResourceAndNotAction = "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
    CreateSlrWithNotResource = "CREATE_SLR_WITH_NOT_RESOURCE",
    CreateSlrWithStarInActionAndNotResource = "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    CreateSlrWithNotActionAndNotResource = "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    // Trust policies, OIDC, SCP, RCP
    RoleTrustPolicySyntaxErrorNotprincipal = "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
    RoleTrustPolicySyntaxErrorResource = "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
    RoleTrustPolicyUnsupportedWildcardInPrincipal = "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
    InvalidFederatedPrincipalSyntaxInRoleTrustPolicy = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
    MismatchedActionForPrincipal = "MISMATCHED_ACTION_FOR_PRINCIPAL",
    MissingActionForRolesAnywhereTrustPolicy = "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
    MissingConditionKeyForOidcPrincipal = "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
    MissingGithubRepoConditionKey = "MISSING_GITHUB_REPO_CONDITION_KEY",
    SpecificGithubRepoAndBranchRecommended = "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
    ConfirmAudienceClaimType = "CONFIRM_AUDIENCE_CLAIM_TYPE",
    ForanyvalueWithAudienceClaimType = "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE",
    RedundantPrincipalInRoleTrustPolicy = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
    ScpSyntaxErrorPrincipal = "SCP_SYNTAX_ERROR_PRINCIPAL",
    RcpSyntaxErrorPrincipal = "RCP_SYNTAX_ERROR_PRINCIPAL",
    RcpSyntaxErrorAllow = "RCP_SYNTAX_ERROR_ALLOW",
    RcpSyntaxErrorNotaction = "RCP_SYNTAX_ERROR_NOTACTION",
    RcpSyntaxErrorAction = "RCP_SYNTAX_ERROR_ACTION",
    RcpMissingRelatedPrincipalConditionKey = "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",
    RcpMissingRelatedServicePrincipalConditionKey = "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
    RcpMissingServiceConditionKeyNullCheck = "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
    RedundantResource = "REDUNDANT_RESOURCE",
    RedundantStatement = "REDUNDANT_STATEMENT",
    // Beyond Access Analyzer
    PrivilegeEscalation = "PRIVILEGE_ESCALATION",
    InfrastructureModification = "INFRASTRUCTURE_MODIFICATION",
    ResourceStarCanBeNarrowed = "RESOURCE_STAR_CAN_BE_NARROWED",
    ActionNeedsStar = "ACTION_NEEDS_STAR",
    ActionResourceMismatch = "ACTION_RESOURCE_MISMATCH",
    WildcardMatchesNothing = "WILDCARD_MATCHES_NOTHING",
    ConditionKeyNotSupported = "CONDITION_KEY_NOT_SUPPORTED",
    BucketPolicyPower = "BUCKET_POLICY_POWER",
    ServiceTrustWithoutSource = "SERVICE_TRUST_WITHOUT_SOURCE",
    // Proved
    StatementNeverMatches = "STATEMENT_NEVER_MATCHES",
    RedundantAllow = "REDUNDANT_ALLOW",
    ShadowedDeny = "SHADOWED_DENY",
    CancelledAllow = "CANCELLED_ALLOW",
    ConditionAlwaysHolds = "CONDITION_ALWAYS_HOLDS",
    RedundantCondition = "REDUNDANT_CONDITION",
    ConditionNeverHolds = "CONDITION_NEVER_HOLDS",
    PolicyLockout = "POLICY_LOCKOUT",
    OpenToStrangers = "OPEN_TO_STRANGERS",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(())
    }
}

/// A set of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes([u64; 4]);

impl Codes {
    /// Add one.
    pub fn insert(&mut self, code: Code) {
        if let Some(word) = self.0.get_mut(code as usize / 64) {
            *word |= 1 << (code as usize % 64);
        }
    }

    /// Whether it is among them.
    pub fn has(self, code: Code) -> bool {
        self.0.get(code as usize / 64).is_some_and(|word| word >> (code as usize % 64) & 1 == 1)
    }

    /// Whether one of these is among them.
    pub fn has_any(self, codes: &[Code]) -> bool {
        codes.iter().any(|code| self.has(*code))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_fit_into_a_set() {
        let mut all = Codes::default();
        assert!(all.is_empty());
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert!(!all.has(*code));
            all.insert(*code);
            assert!(all.has(*code));
        }
        assert_eq!("NO_SUCH".parse::<Code>(), Err(()));
    }
}
