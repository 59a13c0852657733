using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts;

/// <summary>People: users, passwords, sign-in and sessions.</summary>
public static class AccountsServices
{
    /// <summary>
    /// Registers the slice. The host registers <see cref="ISessionStore"/> and the stores of ASP.NET Core Identity, and configures
    /// <see cref="Argon2Options"/>, <see cref="RateLimitOptions"/>, <see cref="SessionOptions"/> and <see cref="SessionCookieOptions"/>. It may
    /// bring <see cref="ICounters"/> that instances share.
    /// </summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddIdentityCore<User>(options =>
        {
            options.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
            options.User.AllowedUserNameCharacters = "";

            // No rules of composition (NIST SP 800-63B-4 §3.1.1.2).
            options.Password = new PasswordOptions
            {
                RequiredLength = 1,
                RequireDigit = false,
                RequireLowercase = false,
                RequireUppercase = false,
                RequireNonAlphanumeric = false,
            };
        }).AddRoles<IdentityRole<Guid>>();
        services.Replace(ServiceDescriptor.Singleton<ILookupNormalizer, LookupNormalizer>());

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IPasswordHashVerifier, IdentityHashVerifier>();
        services.Replace(ServiceDescriptor.Singleton<IPasswordHasher<User>, Argon2PasswordHasher>());
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<BreachedPasswords>();
        services.AddSingleton(provider => new PasswordPolicy(
            provider.GetRequiredService<IOptions<PasswordPolicyOptions>>(),
            provider.GetRequiredService<BreachedPasswords>(),
            provider.GetRequiredService<ProductName>()));
        services.AddSingleton<MailSecrets>();
        services.AddSingleton<OneTimeTokenIssuer>();
        services.AddSingleton<OneTimeTokenCookie>();
        services.AddSingleton<BrowserStateCookie>();
        services.AddSingleton<SessionCookie>();
        services.TryAddSingleton<LocalCounters>();
        services.TryAddSingleton<ICounters>(provider => provider.GetRequiredService<LocalCounters>());
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<PasswordGuard>();
        services.AddScoped<WorkChallenges>();
        services.AddSingleton(provider => new LastMethod(provider.GetRequiredService<IOptions<SessionCookieOptions>>()));
        services.AddSingleton<DeviceCookie>();
        services.AddSingleton<KnownDevices>();
        services.AddSingleton<TrustedDevices>();
        services.AddSingleton<SignInNotices>();
        services.AddSingleton<SessionStarter>();
        services.AddSingleton(provider => new DeniedSignIns(
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<IAccountTransitions>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<ILogger<DeniedSignIns>>()));
        services.AddSingleton<PendingSecondFactors>();
        services.AddSingleton<PendingNewPasswords>();
        services.TryAddSingleton(new ExemptPasswords(new HashSet<string>()));
        services.AddPasskeys();
        services.AddScoped(provider => new SecondFactorService(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<PendingSecondFactors>(),
            provider.GetRequiredService<PendingNewPasswords>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<PasskeyCeremonies>(),
            provider.GetRequiredService<SignInThrottle>(),
            provider.GetRequiredService<PasswordGuard>(),
            provider.GetRequiredService<KnownDevices>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<TrustedDevices>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SecondFactorService>>()));
        services.AddScoped(provider => new AccountSecurity(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<PasskeyCeremonies>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<IDataProtectionProvider>(),
            provider.GetRequiredService<IOptions<SessionOptions>>(),
            provider.GetRequiredService<IOptions<PasskeyOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MailThrottle>();
        services.AddSingleton<RecoveryRequests>();
        services.AddHostedService<RecoveryMails>();
        services.AddScoped(provider => new EmailCodes(
            provider.GetRequiredService<RecoveryRequests>(),
            provider.GetRequiredService<MailThrottle>(),
            provider.GetRequiredService<IOptions<RateLimitOptions>>(),
            provider.GetRequiredService<OneTimeTokenIssuer>(),
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<OneTimeTokenCookie>(),
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<PendingSecondFactors>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped(provider => new RegistrationService(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<IRegistrationStore>(),
            provider.GetRequiredService<OneTimeTokenIssuer>(),
            provider.GetRequiredService<OneTimeTokenCookie>(),
            provider.GetRequiredService<PasswordPolicy>(),
            provider.GetRequiredService<PasswordHashing>(),
            provider.GetRequiredService<MailThrottle>(),
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<IOptions<RegistrationOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RegistrationService>>()));
        services.AddScoped(provider => new NewPasswordService(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<PendingNewPasswords>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<PasswordPolicy>(),
            provider.GetRequiredService<PasswordHashing>(),
            provider.GetRequiredService<IAccountTransitions>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<IAccountEvents>()));
        services.AddScoped(provider => new AccountCredentials(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<PasswordPolicy>(),
            provider.GetRequiredService<PasswordHashing>(),
            provider.GetRequiredService<IAccountTransitions>(),
            provider.GetRequiredService<IEmailChangeStore>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<OneTimeTokenIssuer>(),
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<OneTimeTokenCookie>(),
            provider.GetRequiredService<MailThrottle>(),
            provider.GetRequiredService<SignInThrottle>(),
            provider.GetRequiredService<SessionCookie>(),
            provider.GetRequiredService<IOptions<SessionOptions>>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped(provider => new PasswordRecovery(
            provider.GetRequiredService<RecoveryRequests>(),
            provider.GetRequiredService<MailThrottle>(),
            provider.GetRequiredService<IOptions<RateLimitOptions>>(),
            provider.GetRequiredService<IOneTimeTokenStore>(),
            provider.GetRequiredService<IAccountTransitions>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<PasswordPolicy>(),
            provider.GetRequiredService<PasswordHashing>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped(provider => new SignInService(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<PasswordHashing>(),
            provider.GetRequiredService<SignInThrottle>(),
            provider.GetRequiredService<WorkChallenges>(),
            provider.GetRequiredService<PasswordGuard>(),
            provider.GetRequiredService<KnownDevices>(),
            provider.GetRequiredService<ISessionStore>(),
            provider.GetRequiredService<SessionCookie>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<PendingSecondFactors>(),
            provider.GetRequiredService<TrustedDevices>(),
            provider.GetRequiredService<PasskeyCeremonies>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<BreachedPasswords>(),
            provider.GetRequiredService<PendingNewPasswords>(),
            provider.GetRequiredService<ExemptPasswords>(),
            provider.GetRequiredService<IOptions<AccountOptions>>(),
            provider.GetRequiredService<ILogger<SignInService>>()));
        services.AddUpstream();
        services.AddAuthentication(SessionCookie.Scheme)
            .AddScheme<AuthenticationSchemeOptions, SessionHandler>(SessionCookie.Scheme, null);
        return services;
    }

    private static void AddUpstream(this IServiceCollection services)
    {
        services.AddSingleton(provider => new UpstreamAttempts(
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<IDataProtectionProvider>(),
            provider.GetRequiredService<IOptions<SessionCookieOptions>>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped(provider => new ExternalSignInService(
            provider.GetRequiredService<UserManager<User>>(),
            provider.GetRequiredService<IExternalLoginStore>(),
            provider.GetRequiredService<IFactorStore>(),
            provider.GetRequiredService<PendingSecondFactors>(),
            provider.GetRequiredService<SessionStarter>(),
            provider.GetRequiredService<IAccountEvents>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ExternalSignInService>>()));
    }

    /// <summary>ASP.NET Core Identity's handler, told what it would else take from the request or leave open.</summary>
    private static void AddPasskeys(this IServiceCollection services)
    {
        services.AddOptions<IdentityPasskeyOptions>().Configure<IOptions<PasskeyOptions>>((passkeys, relyingParty) =>
        {
            var origins = relyingParty.Value.Origins.ToHashSet(StringComparer.Ordinal);
            passkeys.ServerDomain = relyingParty.Value.RelyingPartyId;
            passkeys.UserVerificationRequirement = "required";
            passkeys.ResidentKeyRequirement = "required";
            passkeys.AttestationConveyancePreference = "none";
            passkeys.ValidateOrigin = context => ValueTask.FromResult(!context.CrossOrigin && origins.Contains(context.Origin));
        });
        services.TryAddScoped<IPasskeyHandler<User>, PasskeyHandler<User>>();
        services.AddScoped<PasskeyCeremonies>();
    }
}
