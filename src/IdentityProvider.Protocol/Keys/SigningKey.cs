using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Keys;

/// <summary>
/// A key in memory. The platform's key objects are not safe for concurrent use, so each signer borrows one of its own.
/// </summary>
internal sealed class SigningKey
{
    private readonly ObjectPool<AsymmetricAlgorithm>? _signers;

    public SigningKey(StoredSigningKey stored, ReadOnlySpan<byte> privateKey)
    {
        Stored = stored;
        VerificationKey = Import(stored.Algorithm, stored.PublicKey, isPrivate: false) switch
        {
            RSA rsa => new RsaSecurityKey(rsa) { KeyId = stored.KeyId },
            ECDsa ecdsa => new ECDsaSecurityKey(ecdsa) { KeyId = stored.KeyId },
            _ => throw new NotSupportedException(stored.Algorithm),
        };
        if (!privateKey.IsEmpty)
        {
            var policy = new SignerPolicy(stored.Algorithm, privateKey.ToArray());
            _signers = new DefaultObjectPool<AsymmetricAlgorithm>(policy, Environment.ProcessorCount * 2);
        }
    }

    public StoredSigningKey Stored { get; }

    public string KeyId => Stored.KeyId;

    public string Algorithm => Stored.Algorithm;

    public SecurityKey VerificationKey { get; }

    /// <summary>A new random key pair of an algorithm, as SubjectPublicKeyInfo and PKCS #8.</summary>
    public static (byte[] PublicKey, byte[] PrivateKey) Generate(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm == SigningAlgorithms.RS256
            ? RSA.Create(2048)
            : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey());
    }

    /// <summary>Signs with SHA-256; the JWS signature value (RFC 7518 §3.3, §3.4).</summary>
    /// <returns>The number of bytes written.</returns>
    public int Sign(ReadOnlySpan<byte> data, Span<byte> signature)
    {
        var signers = _signers ?? throw new InvalidOperationException($"The key {KeyId} is retired and signs no more.");
        var signer = signers.Get();
        var written = signer switch
        {
            RSA rsa => rsa.SignData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => ecdsa.SignData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            _ => throw new NotSupportedException(Algorithm),
        };
        signers.Return(signer);
        return written;
    }

    /// <summary>The public key as a JWK (RFC 7517 §4).</summary>
    public void WriteJwk(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (VerificationKey is RsaSecurityKey rsa)
        {
            var parameters = rsa.Rsa.ExportParameters(false);
            writer.WriteString("kty", "RSA");
            writer.WriteString("n", Base64UrlEncoder.Encode(parameters.Modulus));
            writer.WriteString("e", Base64UrlEncoder.Encode(parameters.Exponent));
        }
        else if (VerificationKey is ECDsaSecurityKey ec)
        {
            var parameters = ec.ECDsa.ExportParameters(false);
            writer.WriteString("kty", "EC");
            writer.WriteString("crv", "P-256");
            writer.WriteString("x", Base64UrlEncoder.Encode(parameters.Q.X));
            writer.WriteString("y", Base64UrlEncoder.Encode(parameters.Q.Y));
        }

        writer.WriteString("use", "sig");
        writer.WriteString("alg", Algorithm);
        writer.WriteString("kid", KeyId);
        writer.WriteEndObject();
    }

    private static AsymmetricAlgorithm Import(string algorithm, ReadOnlySpan<byte> key, bool isPrivate)
    {
        AsymmetricAlgorithm imported = algorithm == SigningAlgorithms.RS256 ? RSA.Create() : ECDsa.Create();
        if (isPrivate)
        {
            imported.ImportPkcs8PrivateKey(key, out _);
        }
        else
        {
            imported.ImportSubjectPublicKeyInfo(key, out _);
        }

        return imported;
    }

    private sealed class SignerPolicy(string algorithm, byte[] privateKey) : IPooledObjectPolicy<AsymmetricAlgorithm>
    {
        public AsymmetricAlgorithm Create() => Import(algorithm, privateKey, isPrivate: true);

        public bool Return(AsymmetricAlgorithm obj) => true;
    }
}
