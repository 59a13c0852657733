using System.Collections;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Configuration;

internal static class SectionBinding
{
    /// <summary>Binds a record to its section and validates it when the host starts.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section.</param>
    /// <param name="hasEntries">Entries by name: unless told so, the binder silently drops one of which a value does not fit.</param>
    public static IServiceCollection AddSection<T>(this IServiceCollection services, string section, bool hasEntries = false)
        where T : class
    {
        services.AddOptions<T>().BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = hasEntries).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new SectionValidator<T>(section));
        return services;
    }

    /// <summary>Reads a section before there are services.</summary>
    /// <exception cref="ConfigurationException">A value does not fit.</exception>
    public static T Read<T>(this IConfiguration configuration, string section)
        where T : class, new()
    {
        try
        {
            var value = configuration.GetSection(section).Get<T>() ?? new T();
            var problems = SectionValidator<T>.Problems(section, value);
            return problems.Count == 0 ? value : throw new ConfigurationException(problems);
        }
        catch (InvalidOperationException error)
        {
            // The binder names the key, the value and the type that it wanted.
            throw new ConfigurationException(error.Message);
        }
    }
}

/// <summary>Runs the data annotations, nested records included, and names each key as the operator wrote it.</summary>
internal sealed class SectionValidator<T>(string section) : IValidateOptions<T>
    where T : class
{
    public static List<string> Problems(string path, object options)
    {
        var problems = new List<string>();
        Validate(path, options, problems);
        return problems;
    }

    public ValidateOptionsResult Validate(string? name, T options)
    {
        var problems = Problems(section, options);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void Validate(string path, object options, List<string> problems)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        problems.AddRange(results.Select(result => $"{path}:{string.Join(", ", result.MemberNames)}: {result.ErrorMessage}"));

        foreach (var property in options.GetType().GetProperties())
        {
            if (property.GetValue(options) is IDictionary entries)
            {
                foreach (DictionaryEntry entry in entries)
                {
                    if (entry.Value is { } record && IsRecord(record.GetType()))
                    {
                        Validate($"{path}:{property.Name}:{entry.Key}", record, problems);
                    }
                }
            }
            else if (IsRecord(property.PropertyType) && property.GetValue(options) is { } nested)
            {
                Validate($"{path}:{property.Name}", nested, problems);
            }
        }
    }

    private static bool IsRecord(Type type) => type.Assembly == typeof(T).Assembly && type.IsClass;
}
