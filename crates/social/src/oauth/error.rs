/// Why the OAuth endpoints say no, with the texts that Mastodon's clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// 400.
    #[error(
        "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed."
    )]
    InvalidRequest,
    /// 401.
    #[error(
        "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."
    )]
    InvalidClient,
    /// 400.
    #[error(
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."
    )]
    InvalidGrant,
    /// 400.
    #[error("The requested scope is invalid, unknown, or malformed.")]
    InvalidScope,
    /// 400.
    #[error("The redirect uri included is not valid.")]
    InvalidRedirectUri,
    /// 400.
    #[error("The authorization grant type is not supported by the authorization server.")]
    UnsupportedGrantType,
    /// 403.
    #[error("You are not authorized to revoke this token")]
    UnauthorizedClient,
}

impl OAuthError {
    /// The code of RFC 6749, as in the answer's `error`.
    pub fn code(self) -> &'static str {
        match self {
            OAuthError::InvalidRequest => "invalid_request",
            OAuthError::InvalidClient => "invalid_client",
            OAuthError::InvalidGrant => "invalid_grant",
            OAuthError::InvalidScope => "invalid_scope",
            OAuthError::InvalidRedirectUri => "invalid_redirect_uri",
            OAuthError::UnsupportedGrantType => "unsupported_grant_type",
            OAuthError::UnauthorizedClient => "unauthorized_client",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            OAuthError::InvalidClient => 401,
            OAuthError::UnauthorizedClient => 403,
            _ => 400,
        }
    }
}
