namespace IdentityProvider.Protocol.Keys;

/// <summary>Opens the installation's root key at start, or makes it on an empty store.</summary>
public static class RootKeyBootstrap
{
    /// <summary>
    /// Opens the root key with <paramref name="current"/>, or with <paramref name="previous"/> and then re-wraps it under
    /// <paramref name="current"/>. Instances starting at once agree on one root key.
    /// </summary>
    /// <exception cref="MasterKeyMismatchException">Neither key opens the store.</exception>
    public static async Task<RootKey> OpenAsync(
        IRootKeyStore store, MasterKey current, MasterKey? previous, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(current);

        while (true)
        {
            if (await store.LoadAsync(cancellationToken) is not { } wrapped)
            {
                var created = RootKey.Create();
                if (await store.TryCreateAsync(current.Wrap(created), cancellationToken))
                {
                    return created;
                }

                continue;
            }

            if (current.TryUnwrap(wrapped) is { } root)
            {
                return root;
            }

            if (previous?.TryUnwrap(wrapped) is not { } old)
            {
                throw new MasterKeyMismatchException(wrapped.MasterKeyId, current.Id);
            }

            // Losing this race means that another instance has re-wrapped it: the next turn reads its row.
            if (await store.TryReplaceAsync(wrapped, current.Wrap(old), cancellationToken))
            {
                return old;
            }
        }
    }
}

/// <summary>The configured master key does not open the store. The server must not start.</summary>
public sealed class MasterKeyMismatchException(string expectedId, string configuredId) : Exception(
    $"The configured master key (id {configuredId}) does not open this installation, which was sealed under the master key with id {expectedId}. "
    + "Set MasterKey to that key; to change keys, set MasterKey to the new one and PreviousMasterKey to the old one.")
{
    /// <summary>The id of the key that is needed.</summary>
    public string ExpectedId { get; } = expectedId;

    /// <summary>The id of the key that is configured.</summary>
    public string ConfiguredId { get; } = configuredId;
}
