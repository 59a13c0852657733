using IdentityProvider.Hosting;

return await IdentityProviderApplication.RunAsync(args);
