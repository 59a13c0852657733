using System.Text;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Database;

/// <summary>Columns of our own tables in snake_case, as raw SQL reads best; those of ASP.NET Core Identity keep their names.</summary>
internal static class SnakeCaseNames
{
    public static void UseSnakeCaseColumns(this ModelBuilder model)
    {
        var ours = model.Model.GetEntityTypes().Where(type => type.GetTableName()?.StartsWith("AspNet", StringComparison.Ordinal) == false);
        foreach (var property in ours.SelectMany(type => type.GetProperties()))
        {
            property.SetColumnName(Convert(property.Name));
        }
    }

    private static string Convert(string name)
    {
        var builder = new StringBuilder(name.Length + 8);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && builder.Length > 0)
            {
                builder.Append('_');
            }

            builder.Append(char.ToLowerInvariant(letter));
        }

        return builder.ToString();
    }
}
