using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Tests.Samples;

/// <summary>The API of <c>docs/clients.md</c>, which quotes the region.</summary>
internal static class ApiSample
{
    public static WebApplication Create(string[] args)
    {
        #region docs/clients.md
        var builder = WebApplication.CreateBuilder(args);
        builder.Services
            .AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer(options =>
            {
                options.Authority = builder.Configuration["Authority"]; // the issuer: https://id.example.com
                options.RequireHttpsMetadata = !builder.Environment.IsDevelopment();
                options.Audience = "api"; // the Name of the ApiResource
                options.MapInboundClaims = false;
                options.TokenValidationParameters.ValidTypes = ["at+jwt"];
                options.TokenValidationParameters.ValidAlgorithms = ["ES256", "RS256"];
                options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
            });
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("read", policy => policy.RequireAssertion(context =>
                context.User.FindFirstValue("scope")?.Split(' ').Contains("api.read") == true));

        var app = builder.Build();
        app.MapGet("/notes", (ClaimsPrincipal user) => Results.Ok($"Notes of {user.FindFirstValue("sub")}")).RequireAuthorization("read");
        #endregion
        return app;
    }
}
