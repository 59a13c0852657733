using IdentityProvider.Hosting;
using IdentityProvider.SampleHost;

// The provider as a library: everything of `idp`, with what Customizations registers.
return await IdentityProviderApplication.RunAsync(args, Customizations.Configure);
