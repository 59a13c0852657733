using System.Text;
using System.Xml.Linq;
using IdentityProvider.Protocol.Keys;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Storage.DataProtection;

/// <summary>Seals the secret part of the key ring under the root key.</summary>
internal sealed class RootKeyXmlEncryptor(IServiceProvider services) : IXmlEncryptor
{
    internal const string Purpose = "data-protection";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plaintext = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var box = services.GetRequiredService<RootKey>().Seal(Purpose, plaintext, Purpose);
        return new EncryptedXmlInfo(new XElement("sealed", Convert.ToBase64String(box)), typeof(RootKeyXmlDecryptor));
    }
}

/// <summary>Opens it again. The stored ring names this type: renaming it makes the ring unreadable.</summary>
internal sealed class RootKeyXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var plaintext = services.GetRequiredService<RootKey>()
            .Open(RootKeyXmlEncryptor.Purpose, Convert.FromBase64String(encryptedElement.Value), RootKeyXmlEncryptor.Purpose);
        return XElement.Parse(Encoding.UTF8.GetString(plaintext));
    }
}
