namespace IdentityProvider.Accounts.OneTimeTokens;

/// <summary>What one-time tokens are for. A token of one purpose is nothing for another.</summary>
public static class OneTimeTokenPurposes
{
    /// <summary>Confirms the address of an account.</summary>
    public const string VerifyEmail = "verify-email";

    /// <summary>Sets a password without the old one.</summary>
    public const string ResetPassword = "reset-password";

    /// <summary>Confirms an address that an account is to have from now on.</summary>
    public const string ChangeEmail = "change-email";

    /// <summary>Takes a change of the address back.</summary>
    public const string UndoEmailChange = "undo-email-change";

    /// <summary>Says that a sign-in was somebody else's.</summary>
    public const string NotMe = "not-me";

    /// <summary>Signs in, with low assurance.</summary>
    public const string SignInCode = "sign-in-code";

    /// <summary>Handed out by an operator.</summary>
    public const string OperatorCode = "operator-code";
}
