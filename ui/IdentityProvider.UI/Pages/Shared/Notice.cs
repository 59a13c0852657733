namespace IdentityProvider.UI.Pages.Shared;

/// <summary>What a notice means. Each kind has its own icon and a word for screen readers, never colour alone.</summary>
internal enum NoticeKind
{
    Info,
    Success,
    Warning,
    Danger,
}

/// <summary>A notice above a form.</summary>
internal sealed record Notice(NoticeKind Kind, string Text)
{
    /// <summary>For <c>aria-describedby</c>.</summary>
    public string? Id { get; init; }
}
