using System.Xml.Linq;
using IdentityProvider.Storage.Database;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace IdentityProvider.Storage.DataProtection;

/// <summary>The Data Protection key ring in the database, so that every instance opens what another one protected.</summary>
internal sealed class KeyRing(Func<IdentityProviderContext> contexts) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var context = contexts();
        return [.. context.Set<DataProtectionKeyRow>().OrderBy(row => row.Id).Select(row => row.Xml).AsEnumerable().Select(xml => XElement.Parse(xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var context = contexts();
        context.Add(new DataProtectionKeyRow { FriendlyName = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
        context.SaveChanges();
    }
}
