namespace IdentityProvider.Storage.Redis;

/// <summary>What instances tell each other has changed. A message says only that; what it is now, the database says.</summary>
internal static class Changes
{
    public const string Channel = "idp:changes";
    public const string Catalog = "catalog";
    public const string SigningKeys = "signing-keys";
}
