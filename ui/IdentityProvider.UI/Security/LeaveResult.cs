using IdentityProvider.Protocol.Interactions;
using Microsoft.AspNetCore.Mvc;

namespace IdentityProvider.UI.Security;

/// <summary>The answer to a form that leads to a client.</summary>
internal sealed class LeaveResult(string url) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => InteractionService.LeaveAsync(context.HttpContext, url);
}
